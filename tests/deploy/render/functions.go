// SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

// A template that includes itself must end in an error, not in a full stack.
const deepest = 100

// Files is .Files: what lies beside the templates.
type Files map[string][]byte

// Get is one file's content; of one that is not there it is empty.
func (f Files) Get(name string) string { return string(f[name]) }

// Glob is those whose path matches; "*" does not match a slash.
func (f Files) Glob(pattern string) Files {
	found := Files{}
	for name, content := range f {
		if match, err := path.Match(pattern, name); err == nil && match {
			found[name] = content
		}
	}
	return found
}

// Lines is one file's lines.
func (f Files) Lines(name string) []string {
	return strings.Split(strings.TrimSuffix(string(f[name]), "\n"), "\n")
}

// AsConfig is the form of a ConfigMap's data.
func (f Files) AsConfig() string {
	data := map[string]string{}
	for name, content := range f {
		data[path.Base(name)] = string(content)
	}
	return toYAML(data)
}

// AsSecrets is the form of a Secret's data.
func (f Files) AsSecrets() string {
	data := map[string]string{}
	for name, content := range f {
		data[path.Base(name)] = base64.StdEncoding.EncodeToString(content)
	}
	return toYAML(data)
}

func toYAML(value interface{}) string {
	text, err := yaml.Marshal(value)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(text), "\n")
}

func fromYAML(text string) map[string]interface{} {
	value := map[string]interface{}{}
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		value["Error"] = err.Error()
	}
	return value
}

func fromYAMLArray(text string) []interface{} {
	value := []interface{}{}
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		value = []interface{}{err.Error()}
	}
	return value
}

func toJSON(value interface{}) string {
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

func fromJSON(text string) map[string]interface{} {
	value := map[string]interface{}{}
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		value["Error"] = err.Error()
	}
	return value
}

func required(message string, value interface{}) (interface{}, error) {
	if text, isText := value.(string); value == nil || (isText && text == "") {
		return value, errors.New(message)
	}
	return value, nil
}

// As `helm template`: there is no cluster to ask.
func lookup(apiVersion, kind, namespace, name string) map[string]interface{} {
	return map[string]interface{}{}
}

func functions(root *template.Template) template.FuncMap {
	depth := map[string]int{}
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")
	all["toYaml"], all["fromYaml"], all["fromYamlArray"] = toYAML, fromYAML, fromYAMLArray
	all["toJson"], all["fromJson"] = toJSON, fromJSON
	all["required"], all["lookup"] = required, lookup
	all["fail"] = func(message string) (string, error) { return "", errors.New(message) }
	all["include"] = func(name string, data interface{}) (string, error) {
		if depth[name]++; depth[name] > deepest {
			return "", fmt.Errorf("%s includes itself without end", name)
		}
		defer func() { depth[name]-- }()
		var text strings.Builder
		err := root.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	all["tpl"] = func(text string, data interface{}) (string, error) {
		copied, err := root.Clone()
		if err != nil {
			return "", err
		}
		parsed, err := copied.New("tpl").Funcs(all).Parse(text)
		if err != nil {
			return "", err
		}
		var out strings.Builder
		err = parsed.Execute(&out, data)
		return out.String(), err
	}
	return all
}
