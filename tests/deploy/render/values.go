// SPDX-License-Identifier: Apache-2.0
package main

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/xeipuuv/gojsonschema"
	"sigs.k8s.io/yaml"
)

// The chart's defaults, with each file laid over what was before it, checked by the schema as Helm checks them: as a whole.
func (c *Chart) values(files []string) (map[string]interface{}, error) {
	values := c.Defaults
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		over := map[string]interface{}{}
		if err := yaml.UnmarshalStrict(content, &over); err != nil {
			return nil, fmt.Errorf("%s: %v", file, err)
		}
		values = merge(values, over)
	}
	if c.Schema == nil {
		return values, nil
	}
	return values, validate(c.Schema, values)
}

// Maps are merged, all else replaced; null takes a default away.
func merge(under, over map[string]interface{}) map[string]interface{} {
	merged := map[string]interface{}{}
	for key, value := range under {
		merged[key] = value
	}
	for key, value := range over {
		if value == nil {
			delete(merged, key)
			continue
		}
		below, wasMap := merged[key].(map[string]interface{})
		above, isMap := value.(map[string]interface{})
		if wasMap && isMap {
			merged[key] = merge(below, above)
		} else {
			merged[key] = value
		}
	}
	return merged
}

func validate(schema []byte, values map[string]interface{}) error {
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(schema), gojsonschema.NewGoLoader(values))
	if err != nil {
		return fmt.Errorf("values.schema.json: %v", err)
	}
	if result.Valid() {
		return nil
	}
	lines := []string{}
	for _, one := range result.Errors() {
		lines = append(lines, "- "+one.String())
	}
	sort.Strings(lines)
	return errors.New("values don't meet the specifications of the schema:\n" + strings.Join(lines, "\n"))
}
