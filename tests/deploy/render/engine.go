// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"sigs.k8s.io/yaml"
)

// Release is .Release.
type Release struct {
	Name, Namespace      string
	IsInstall, IsUpgrade bool
	Revision             int
}

// Service is what manages the release.
func (r Release) Service() string { return "Helm" }

// Output is what one template became.
type Output struct{ Source, Text string }

// Object is one Kubernetes object, and the template that it came from.
type Object struct {
	Source string                 `json:"source"`
	Object map[string]interface{} `json:"object"`
}

const noValue = "<no value>"

var separator = regexp.MustCompile(`(?m)^---\s*$`)

func (c *Chart) render(values map[string]interface{}, release Release, capabilities *Capabilities) ([]Output, error) {
	root := template.New(c.Metadata.Name)
	root.Funcs(functions(root)).Option("missingkey=zero")
	for _, name := range c.templateNames() {
		if _, err := root.New(c.Metadata.Name + "/" + name).Parse(c.Templates[name]); err != nil {
			return nil, fmt.Errorf("%s: %v", name, err)
		}
	}
	outputs := []Output{}
	for _, name := range c.templateNames() {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		full := c.Metadata.Name + "/" + name
		var text strings.Builder
		err := root.ExecuteTemplate(&text, full, map[string]interface{}{
			"Values": values, "Release": release, "Chart": c.Metadata, "Capabilities": capabilities, "Files": c.Files,
			"Template": map[string]interface{}{"Name": full, "BasePath": c.Metadata.Name + "/templates"},
		})
		if err != nil {
			return nil, err
		}
		// Helm prints nothing there; here it is a name that was misspelt.
		if strings.Contains(text.String(), noValue) {
			return nil, fmt.Errorf("%s: a value that is not there was printed", name)
		}
		if strings.TrimSpace(text.String()) != "" {
			outputs = append(outputs, Output{name, text.String()})
		}
	}
	return outputs, nil
}

func (o Output) objects() ([]Object, error) {
	objects := []Object{}
	for _, document := range separator.Split(o.Text, -1) {
		if strings.TrimSpace(document) == "" {
			continue
		}
		var object map[string]interface{}
		if err := yaml.UnmarshalStrict([]byte(document), &object); err != nil {
			return nil, fmt.Errorf("%s: %v", o.Source, err)
		}
		if object == nil {
			return nil, fmt.Errorf("%s: a document of comments alone", o.Source)
		}
		objects = append(objects, Object{o.Source, object})
	}
	return objects, nil
}

const header = "# SPDX-License-Identifier: Apache-2.0\n# Made from the chart by `make manifests`: change it there.\n"

// A Kustomize base: one file a template, and the list of them.
func writeEach(dir string, outputs []Output) error {
	resources := []string{}
	for _, output := range outputs {
		name := filepath.Base(output.Source)
		if name == "NOTES.txt" {
			continue
		}
		if _, err := output.objects(); err != nil {
			return err
		}
		text := header + strings.TrimLeft(strings.TrimRight(output.Text, "\n")+"\n", "\n")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
		resources = append(resources, "  - "+name+"\n")
	}
	list := header + "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n" + strings.Join(resources, "")
	return os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(list), 0o644)
}
