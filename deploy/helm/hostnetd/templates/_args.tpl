{{- /*
SPDX-License-Identifier: Apache-2.0
*/}}
{{- /* The settings that `scan` and `doctor` need too are variables, so that `kubectl exec POD -- hostnetd doctor` looks at what
the agent looks at; the others are arguments. The program knows each of both: tests/deploy holds that. */}}
{{- define "hostnetd.settings" -}}
{{- with .Values }}
{{- if .rights.cgroupHooks }}
- [cgroup-root, /host/sys/fs/cgroup]
{{- end }}
- [cluster-name, {{ .clusterName | quote }}]
- [netns-hook, {{ ternary "\"\"" .agent.netnsHook (eq .agent.netnsHook "auto") }}]
- [kubelet-url, {{ .kubelet.url | quote }}]
{{- if .kubelet.caConfigMap.name }}
- [kubelet-ca-file, {{ printf "/etc/hostnetd/kubelet-ca/%s" .kubelet.caConfigMap.key | quote }}]
{{- end }}
{{- if eq .kubelet.tls "file" }}
- [kubelet-ca-file, /etc/hostnetd/kubelet/kubelet.crt]
- [kubelet-tls-server-name, {{ default "$(NODE_NAME)" .kubelet.tlsServerName | quote }}]
{{- else }}
- [kubelet-tls-server-name, {{ .kubelet.tlsServerName | quote }}]
{{- end }}
- [kubelet-insecure-tls, {{ ternary "\"true\"" "\"\"" (eq .kubelet.tls "insecure") }}]
{{- if or .signatures.entries .signatures.configMap }}
- [signatures, /etc/hostnetd/signatures/signatures.yaml]
{{- end }}
{{- if or .exceptions.rules .exceptions.configMap }}
- [exceptions, /etc/hostnetd/exceptions/exceptions.yaml]
{{- end }}
{{- end }}
{{- include "hostnetd.settings.sinks" . }}
{{- end }}

{{- define "hostnetd.env" -}}
{{- range $row := include "hostnetd.settings" . | fromYamlArray }}
{{- if index $row 1 }}
- name: HOSTNETD_{{ index $row 0 | upper | replace "-" "_" }}
  value: {{ index $row 1 | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "hostnetd.args" -}}
- run
- --output={{ .Values.sinks.output }}
- --log-level={{ .Values.logLevel }}
{{- with .Values.agent.sweepInterval }}
- --sweep-interval={{ . }}
{{- end }}
{{- with .Values.agent.unmanagedGrace }}
- --unmanaged-grace={{ . }}
{{- end }}
{{- range .Values.agent.metadataAddresses }}
- {{ printf "--metadata-address=%s" . | quote }}
{{- end }}
{{- with .Values.kubelet.interval }}
- --kubelet-interval={{ . }}
{{- end }}
{{- if .Values.store.enabled }}
- --store=/var/lib/hostnetd/hostnetd.db
- --history-size={{ .Values.store.size }}
- --history-age={{ .Values.store.age }}
{{- else }}
- --store=none
{{- end }}
{{- include "hostnetd.args.api" . }}
- {{ printf "--metrics-listen=%s:%d" .Values.metrics.address (int .Values.metrics.port) | quote }}
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

{{- define "hostnetd.settings.sinks" -}}
{{- with .Values.sinks }}
{{- if or .webhook.url .webhook.urlSecret.name }}
{{- with .webhook }}
- [webhook-url, {{ .url | quote }}]
- [webhook-format, {{ .format }}]
{{- if .secret.name }}
- [webhook-secret-file, {{ printf "/etc/hostnetd/webhook/%s" .secret.key | quote }}]
{{- end }}
{{- if .caConfigMap.name }}
- [webhook-ca-file, {{ printf "/etc/hostnetd/webhook-ca/%s" .caConfigMap.key | quote }}]
{{- end }}
{{- end }}
{{- end }}
{{- with .otlp }}
- [otlp-url, {{ .url | quote }}]
{{- if .headersSecret.name }}
- [otlp-headers-file, {{ printf "/etc/hostnetd/otlp/%s" .headersSecret.key | quote }}]
{{- end }}
{{- if .caConfigMap.name }}
- [otlp-ca-file, {{ printf "/etc/hostnetd/otlp-ca/%s" .caConfigMap.key | quote }}]
{{- end }}
{{- end }}
{{- if ne .reportObjects "none" }}
- [report-objects, {{ .reportObjects }}]
- [report-interval, {{ .reportInterval | quote }}]
- [report-heartbeat, {{ .reportHeartbeat | quote }}]
{{- end }}
- [kubernetes-events, {{ ternary "\"true\"" "\"\"" .kubernetesEvents }}]
{{- end }}
{{- end }}
