{{- /*
SPDX-License-Identifier: Apache-2.0
*/}}
{{- /* The agent's arguments, one a line: `hostnetd run --help` knows each of them, and tests/deploy holds that. */}}
{{- define "hostnetd.args" -}}
- run
- --output=json
- --log-level={{ .Values.logLevel }}
- --node-name=$(NODE_NAME)
{{- with .Values.clusterName }}
- --cluster-name={{ . }}
{{- end }}
- --cgroup-root=/host/sys/fs/cgroup
{{- with .Values.kubelet }}
{{- with .url }}
- --kubelet-url={{ . }}
{{- end }}
{{- if eq .tls "file" }}
- --kubelet-ca-file=/etc/hostnetd/kubelet/kubelet.crt
- --kubelet-tls-server-name={{ default "$(NODE_NAME)" .tlsServerName }}
{{- else if .tlsServerName }}
- --kubelet-tls-server-name={{ .tlsServerName }}
{{- end }}
{{- if eq .tls "insecure" }}
- --kubelet-insecure-tls
{{- end }}
{{- with .interval }}
- --kubelet-interval={{ . }}
{{- end }}
{{- end }}
{{- if .Values.store.enabled }}
- --store=/var/lib/hostnetd/hostnetd.db
- --history-size={{ .Values.store.size }}
- --history-age={{ .Values.store.age }}
{{- else }}
- --store=none
{{- end }}
- --metrics-listen={{ .Values.metrics.address }}:{{ .Values.metrics.port }}
{{- end }}
