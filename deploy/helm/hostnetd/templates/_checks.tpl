{{- /*
SPDX-License-Identifier: Apache-2.0
*/}}
{{- /* What the schema cannot say: values that do not go together. Each mistake is told, not the first alone. */}}
{{- define "hostnetd.mistakes" -}}
{{- with .Values }}
{{- if and .api.expose (not .api.tokenSecret.name) }}
- api.expose needs api.tokenSecret.name: without a token every pod of the cluster could read the findings
{{- end }}
{{- if and .api.expose (not .api.enabled) }}
- api.expose without api.enabled
{{- end }}
{{- if eq (int .api.port) (int .metrics.port) }}
- api.port and metrics.port are the same
{{- end }}
{{- if and .kubelet.caConfigMap.name (ne .kubelet.tls "bootstrap") }}
- kubelet.caConfigMap.name needs kubelet.tls bootstrap: {{ .kubelet.tls }} reads no CA
{{- end }}
{{- if and .kubelet.tlsServerName (eq .kubelet.tls "insecure") }}
- kubelet.tlsServerName with kubelet.tls insecure: no name is looked at
{{- end }}
{{- if and .signatures.entries .signatures.configMap }}
- signatures.entries and signatures.configMap: only one of them
{{- end }}
{{- if and .exceptions.rules .exceptions.configMap }}
- exceptions.rules and exceptions.configMap: only one of them
{{- end }}
{{- with .sinks.webhook }}
{{- if and .url .urlSecret.name }}
- sinks.webhook.url and sinks.webhook.urlSecret: only one of them
{{- end }}
{{- if and (or .secret.name .caConfigMap.name) (not .url) (not .urlSecret.name) }}
- sinks.webhook.url is empty, and what goes with it is set
{{- end }}
{{- end }}
{{- with .sinks.otlp }}
{{- if and (or .headersSecret.name .caConfigMap.name) (not .url) }}
- sinks.otlp.url is empty, and what goes with it is set
{{- end }}
{{- end }}
{{- if and (not .serviceAccount.create) (not .serviceAccount.name) }}
- serviceAccount.name is needed where serviceAccount.create is off
{{- end }}
{{- if and (eq .appArmor "Unconfined") (semverCompare "<1.30.0-0" $.Capabilities.KubeVersion.Version) }}
- appArmor Unconfined is a field of Kubernetes 1.30 and later; before, set the annotation container.apparmor.security.beta.kubernetes.io/hostnetd by podAnnotations
{{- end }}
{{- end }}
{{- end }}

{{- define "hostnetd.checks" -}}
{{- with include "hostnetd.mistakes" . | trim }}
{{- fail (printf "these values do not go together:\n%s" .) }}
{{- end }}
{{- end }}
