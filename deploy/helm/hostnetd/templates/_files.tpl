{{- /*
SPDX-License-Identifier: Apache-2.0
*/}}
{{- /* Files that the agent reads out of ConfigMaps and Secrets, one row each: a folder, so that a change comes through
(a subPath never does). Both the volumes and their mounts are made from these rows. */}}
{{- define "hostnetd.files" -}}
{{- $name := include "hostnetd.fullname" . }}
{{- with .Values }}
{{- with .kubelet.caConfigMap.name }}
- {name: kubelet-ca, volume: {configMap: {name: {{ . }}}}}
{{- end }}
{{- if or .signatures.entries .signatures.configMap }}
- {name: signatures, volume: {configMap: {name: {{ default (printf "%s-signatures" $name) .signatures.configMap }}}}}
{{- end }}
{{- if or .exceptions.rules .exceptions.configMap }}
- {name: exceptions, volume: {configMap: {name: {{ default (printf "%s-exceptions" $name) .exceptions.configMap }}}}}
{{- end }}
{{- if .api.enabled }}
{{- with .api.tokenSecret.name }}
- {name: api-token, volume: {secret: {secretName: {{ . }}, defaultMode: 0400}}}
{{- end }}
{{- with .api.tlsSecret }}
- {name: api-tls, volume: {secret: {secretName: {{ . }}, defaultMode: 0400}}}
{{- end }}
{{- end }}
{{- with .sinks.webhook.secret.name }}
- {name: webhook, volume: {secret: {secretName: {{ . }}, defaultMode: 0400}}}
{{- end }}
{{- with .sinks.webhook.caConfigMap.name }}
- {name: webhook-ca, volume: {configMap: {name: {{ . }}}}}
{{- end }}
{{- with .sinks.otlp.headersSecret.name }}
- {name: otlp, volume: {secret: {secretName: {{ . }}, defaultMode: 0400}}}
{{- end }}
{{- with .sinks.otlp.caConfigMap.name }}
- {name: otlp-ca, volume: {configMap: {name: {{ . }}}}}
{{- end }}
{{- end }}
{{- end }}
