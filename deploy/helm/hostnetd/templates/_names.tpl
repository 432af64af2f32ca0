{{- /*
SPDX-License-Identifier: Apache-2.0
*/}}
{{- define "hostnetd.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "hostnetd.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "hostnetd.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What never changes of a release: a DaemonSet's selector cannot. */}}
{{- define "hostnetd.selector" -}}
app.kubernetes.io/name: {{ include "hostnetd.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hostnetd.labels" -}}
{{ include "hostnetd.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "hostnetd.image" -}}
{{- $repository := required "image.repository must be set: there is no published image; build one with `make image` (deploy/README.md)" .Values.image.repository }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "hostnetd.serviceAccount" -}}
{{- default (include "hostnetd.fullname" .) .Values.serviceAccount.name }}
{{- end }}

{{- define "hostnetd.priorityClass" -}}
{{- default (include "hostnetd.fullname" .) .Values.priorityClass.name }}
{{- end }}

{{- /* The head of an object of the release's namespace. */}}
{{- define "hostnetd.metadata" -}}
name: {{ include "hostnetd.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "hostnetd.labels" . | nindent 2 }}
{{- end }}
