{{/* Names and labels. */}}

{{- define "quittance.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* The prefix of all names; short enough for the longest suffix. */}}
{{- define "quittance.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "quittance.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "quittance.serviceNames" -}}
invoicing payments credit-risk collections reporting
{{- end -}}

{{- define "quittance.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "quittance.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Hooks run before the chart's own account exists. */}}
{{- define "quittance.hookServiceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- printf "%s-hooks" (include "quittance.fullname" .) -}}
{{- else -}}
{{- include "quittance.serviceAccountName" . -}}
{{- end -}}
{{- end -}}

{{- define "quittance.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The immutable labels of a component's pods. Parameters: root, component. */}}
{{- define "quittance.selectorLabels" -}}
app.kubernetes.io/name: {{ include "quittance.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "quittance.labels" -}}
{{ include "quittance.selectorLabels" . }}
app.kubernetes.io/part-of: quittance
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}
