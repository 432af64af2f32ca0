// SPDX-License-Identifier: Apache-2.0

// Renders a chart as `helm template` does, where there is no Helm: text/template, sprig and Helm's own few functions.
// It is stricter where Helm forgives: a value that is not there is an error, and so is a key that is there twice.
//
// usage: render [OPTIONS] CHART
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func main() {
	var files, apis list
	release := Release{IsInstall: true, Revision: 1}
	flag.StringVar(&release.Name, "name", "hostnetd", "the release's name")
	flag.StringVar(&release.Namespace, "namespace", "hostnetd", "the release's namespace")
	flag.Var(&files, "f", "a file of values; may be repeated, the last wins")
	flag.Var(&apis, "api", "one more API version that the cluster serves; may be repeated")
	kube := flag.String("kube-version", "v1.32.0", "the cluster's version")
	each := flag.String("each", "", "write each template's output to a file of this folder, and a kustomization.yaml")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), files, release, *kube, apis, *each); err != nil {
		fmt.Fprintln(os.Stderr, "render: "+err.Error())
		os.Exit(1)
	}
}

func run(dir string, files []string, release Release, kube string, apis []string, each string) error {
	chart, err := loadChart(dir)
	if err != nil {
		return err
	}
	values, err := chart.values(files)
	if err != nil {
		return err
	}
	capabilities, err := chart.capabilities(kube, apis)
	if err != nil {
		return err
	}
	outputs, err := chart.render(values, release, capabilities)
	if err != nil {
		return err
	}
	if each != "" {
		return writeEach(each, outputs)
	}
	// The text too: a test looks for words in comments, and a person reads what Kubernetes would.
	objects := []Object{}
	notes := ""
	for _, output := range outputs {
		if filepath.Base(output.Source) == "NOTES.txt" {
			notes = output.Text
			continue
		}
		some, err := output.objects()
		if err != nil {
			return err
		}
		objects = append(objects, some...)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	return encoder.Encode(map[string]interface{}{"objects": objects, "notes": notes})
}
