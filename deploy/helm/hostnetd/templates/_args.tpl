{{- /*
SPDX-License-Identifier: Apache-2.0
*/}}
{{- /* The agent's arguments, one a line: `hostnetd run --help` knows each of them, and tests/deploy holds that. */}}
{{- define "hostnetd.args" -}}
- run
- --output={{ .Values.sinks.output }}
- --log-level={{ .Values.logLevel }}
- --node-name=$(NODE_NAME)
{{- with .Values.clusterName }}
- {{ printf "--cluster-name=%s" . | quote }}
{{- end }}
- --cgroup-root=/host/sys/fs/cgroup
{{- with .Values.agent }}
{{- if ne .netnsHook "auto" }}
- --netns-hook={{ .netnsHook }}
{{- end }}
{{- with .sweepInterval }}
- --sweep-interval={{ . }}
{{- end }}
{{- with .unmanagedGrace }}
- --unmanaged-grace={{ . }}
{{- end }}
{{- range .metadataAddresses }}
- {{ printf "--metadata-address=%s" . | quote }}
{{- end }}
{{- end }}
{{- with .Values.kubelet }}
{{- with .url }}
- {{ printf "--kubelet-url=%s" . | quote }}
{{- end }}
{{- if .caConfigMap.name }}
- {{ printf "--kubelet-ca-file=/etc/hostnetd/kubelet-ca/%s" .caConfigMap.key | quote }}
{{- end }}
{{- if eq .tls "file" }}
- --kubelet-ca-file=/etc/hostnetd/kubelet/kubelet.crt
- {{ printf "--kubelet-tls-server-name=%s" (default "$(NODE_NAME)" .tlsServerName) | quote }}
{{- else if .tlsServerName }}
- {{ printf "--kubelet-tls-server-name=%s" .tlsServerName | quote }}
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
{{- if or .Values.signatures.entries .Values.signatures.configMap }}
- --signatures=/etc/hostnetd/signatures/signatures.yaml
{{- end }}
{{- if or .Values.exceptions.rules .Values.exceptions.configMap }}
- --exceptions=/etc/hostnetd/exceptions/exceptions.yaml
{{- end }}
{{- include "hostnetd.args.api" . }}
- {{ printf "--metrics-listen=%s:%d" .Values.metrics.address (int .Values.metrics.port) | quote }}
{{- include "hostnetd.args.sinks" . }}
{{- end }}

{{- define "hostnetd.args.api" -}}
{{- with .Values.api }}
{{- if .enabled }}
{{- $address := "127.0.0.1" }}
{{- if .expose }}
{{- $address = $.Values.metrics.address }}
{{- end }}
- {{ printf "--listen=%s:%d" $address (int .port) | quote }}
{{- if .tokenSecret.name }}
- {{ printf "--api-token-file=/etc/hostnetd/api-token/%s" .tokenSecret.key | quote }}
{{- end }}
{{- if .tlsSecret }}
- --tls-cert-file=/etc/hostnetd/api-tls/tls.crt
- --tls-key-file=/etc/hostnetd/api-tls/tls.key
{{- end }}
{{- range .hosts }}
- {{ printf "--api-host=%s" . | quote }}
{{- end }}
{{- else }}
- --listen=none
{{- end }}
{{- end }}
{{- end }}

{{- define "hostnetd.args.sinks" -}}
{{- with .Values.sinks.webhook }}
{{- if .url }}
- {{ printf "--webhook-url=%s" .url | quote }}
- --webhook-format={{ .format }}
{{- if .secret.name }}
- {{ printf "--webhook-secret-file=/etc/hostnetd/webhook/%s" .secret.key | quote }}
{{- end }}
{{- if .caConfigMap.name }}
- {{ printf "--webhook-ca-file=/etc/hostnetd/webhook-ca/%s" .caConfigMap.key | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.sinks.otlp }}
{{- if .url }}
- {{ printf "--otlp-url=%s" .url | quote }}
{{- if .headersSecret.name }}
- {{ printf "--otlp-headers-file=/etc/hostnetd/otlp/%s" .headersSecret.key | quote }}
{{- end }}
{{- if .caConfigMap.name }}
- {{ printf "--otlp-ca-file=/etc/hostnetd/otlp-ca/%s" .caConfigMap.key | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- if ne .Values.sinks.reportObjects "none" }}
- --report-objects={{ .Values.sinks.reportObjects }}
{{- end }}
{{- if .Values.sinks.kubernetesEvents }}
- --kubernetes-events
{{- end }}
{{- end }}
