{{- /*
SPDX-License-Identifier: Apache-2.0
*/}}
{{- define "own" -}}{{ .Values.port }}{{- end }}
{{- define "endless" -}}{{ include "endless" . }}{{- end }}
