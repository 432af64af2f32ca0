// SPDX-License-Identifier: Apache-2.0
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/Masterminds/semver"
	"sigs.k8s.io/yaml"
)

// Metadata is Chart.yaml; templates read it as .Chart.
type Metadata struct {
	APIVersion  string   `json:"apiVersion"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        string   `json:"type"`
	Version     string   `json:"version"`
	AppVersion  string   `json:"appVersion"`
	KubeVersion string   `json:"kubeVersion"`
	Home        string   `json:"home"`
	Keywords    []string `json:"keywords"`
	Sources     []string `json:"sources"`
}

// Chart is a folder, read whole.
type Chart struct {
	Metadata  Metadata
	Defaults  map[string]interface{}
	Schema    []byte
	Templates map[string]string // by path below the chart's folder
	Files     Files             // all that is neither a template nor the chart's own
}

func loadChart(dir string) (*Chart, error) {
	chart := &Chart{Templates: map[string]string{}, Files: Files{}}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return chart.add(filepath.ToSlash(name), content)
	})
	if err != nil {
		return nil, err
	}
	if chart.Metadata.Name == "" || chart.Metadata.Version == "" || chart.Metadata.APIVersion != "v2" {
		return nil, fmt.Errorf("%s: Chart.yaml needs apiVersion v2, a name and a version", dir)
	}
	return chart, nil
}

func (c *Chart) add(name string, content []byte) error {
	var err error
	switch {
	case name == "Chart.yaml":
		err = yaml.UnmarshalStrict(content, &c.Metadata)
	case name == "values.yaml":
		err = yaml.UnmarshalStrict(content, &c.Defaults)
	case name == "values.schema.json":
		c.Schema = content
	case strings.HasPrefix(name, "templates/"):
		c.Templates[name] = string(content)
	default:
		c.Files[name] = content
	}
	if err != nil {
		return fmt.Errorf("%s: %v", name, err)
	}
	return nil
}

func (c *Chart) templateNames() []string {
	names := make([]string, 0, len(c.Templates))
	for name := range c.Templates {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// KubeVersion is .Capabilities.KubeVersion.
type KubeVersion struct{ Version, Major, Minor string }

func (k KubeVersion) String() string { return k.Version }

// GitVersion is the old name of Version.
func (k KubeVersion) GitVersion() string { return k.Version }

// VersionSet is .Capabilities.APIVersions.
type VersionSet []string

// Has tells whether the cluster serves a version, or a kind of it.
func (v VersionSet) Has(wanted string) bool {
	for _, one := range v {
		if one == wanted {
			return true
		}
	}
	return false
}

// Capabilities is what templates know of the cluster.
type Capabilities struct {
	KubeVersion KubeVersion
	APIVersions VersionSet
}

// The cluster's version must be one that Chart.yaml takes, as Helm asks at install.
func (c *Chart) capabilities(kube string, apis []string) (*Capabilities, error) {
	version, err := semver.NewVersion(kube)
	if err != nil {
		return nil, fmt.Errorf("%s: %v", kube, err)
	}
	if c.Metadata.KubeVersion != "" {
		constraint, err := semver.NewConstraint(c.Metadata.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("Chart.yaml: kubeVersion: %v", err)
		}
		if !constraint.Check(version) {
			return nil, fmt.Errorf("chart requires kubeVersion: %s which is incompatible with Kubernetes %s",
				c.Metadata.KubeVersion, kube)
		}
	}
	return &Capabilities{
		KubeVersion: KubeVersion{kube, fmt.Sprint(version.Major()), fmt.Sprint(version.Minor())},
		APIVersions: append(VersionSet{"v1", "apps/v1", "rbac.authorization.k8s.io/v1", "networking.k8s.io/v1",
			"scheduling.k8s.io/v1", "events.k8s.io/v1"}, apis...),
	}, nil
}
