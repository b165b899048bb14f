{{/* Common parts of the pods of services and hooks. */}}

{{/* All files a service reads, as one folder: changes of Secrets are visible without a restart. Parameters: root, service, configMap,
and isOwner where the owner's login belongs to it. */}}
{{- define "quittance.secrets" -}}
{{- $values := .root.Values -}}
{{- $own := index $values.services .service | default dict -}}
{{- $database := $own.database | default dict -}}
- name: configuration
  projected:
    # Readable by the process's user and group.
    defaultMode: 0440
    sources:
      - configMap:
          name: {{ .configMap }}
          items:
            - key: {{ .service }}.toml
              path: config.toml
            {{- if .declaration }}
            - key: topics.yaml
              path: topics.yaml
            {{- end }}
      - secret:
          name: {{ default $values.databases.secretName $database.secretName }}
          items:
            - key: {{ default (printf "%s-app" .service) $database.appKey }}
              path: database/app
            - key: {{ default (printf "%s-system" .service) $database.systemKey }}
              path: database/system
            {{- if .isOwner }}
            - key: {{ default (printf "%s-owner" .service) $database.ownerKey }}
              path: database/owner
            {{- end }}
      {{- with $values.databases.ca }}
      {{- if .secretName }}
      - secret:
          name: {{ .secretName }}
          items:
            - key: {{ .key }}
              path: database/ca.crt
      {{- end }}
      {{- end }}
      - secret:
          name: {{ $values.serviceKey.secretName }}
          items:
            - key: {{ $values.serviceKey.key }}
              path: service-key
            {{- with $values.serviceKey.previousKey }}
            - key: {{ . }}
              path: service-key-previous
            {{- end }}
      {{- if not $values.keys.url }}
      - secret:
          name: {{ $values.keys.secretName }}
          items:
            - key: {{ $values.keys.key }}
              path: jwks.json
      {{- end }}
      {{- with $values.kafka.password }}
      {{- if .secretName }}
      - secret:
          name: {{ .secretName }}
          items:
            - key: {{ .key }}
              path: kafka/password
      {{- end }}
      {{- end }}
      {{- with $values.kafka.ca }}
      {{- if .secretName }}
      - secret:
          name: {{ .secretName }}
          items:
            - key: {{ .key }}
              path: kafka/ca.crt
      {{- end }}
      {{- end }}
      {{- if $values.tls.enabled }}
      - secret:
          name: {{ default $values.tls.secretName $own.tlsSecretName }}
          items:
            - key: tls.crt
              path: tls/tls.crt
            - key: tls.key
              path: tls/tls.key
            - key: ca.crt
              path: tls/ca.crt
      {{- end }}
{{- with $values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "quittance.mounts" -}}
- name: configuration
  mountPath: /etc/quittance
  readOnly: true
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The file system is read-only, and no privileges are needed. */}}
{{- define "quittance.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The common part of all pod specs. Parameters: root, serviceAccount. */}}
{{- define "quittance.podCommon" -}}
serviceAccountName: {{ .serviceAccount }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* A Job that runs `quittance` before an install or upgrade. Parameters: root, service, name, component, args, weight, limits, isOwner, declaration. */}}
{{- define "quittance.hookJob" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .name }}
  labels:
    {{- include "quittance.labels" (dict "root" .root "component" .component) | nindent 4 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: {{ .weight | quote }}
    # The last one is kept, so that its log can be read.
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: {{ .limits.backoffLimit }}
  activeDeadlineSeconds: {{ .limits.activeDeadlineSeconds }}
  template:
    metadata:
      labels:
        {{- include "quittance.selectorLabels" (dict "root" .root "component" .component) | nindent 8 }}
        {{- with .root.Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .root.Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      restartPolicy: Never
      {{- include "quittance.podCommon" (dict "root" .root "serviceAccount" (include "quittance.hookServiceAccountName" .root)) | nindent 6 }}
      containers:
        - name: {{ .component }}
          image: {{ include "quittance.image" .root | quote }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          command: [quittance]
          args:
            {{- toYaml .args | nindent 12 }}
          {{- if or .isOwner .root.Values.extraEnv }}
          env:
            {{- if .isOwner }}
            - name: QUITTANCE_DATABASE__OWNER_FILE
              value: /etc/quittance/database/owner
            {{- end }}
            {{- with .root.Values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- end }}
          resources:
            {{- toYaml .root.Values.resources | nindent 12 }}
          securityContext:
            {{- include "quittance.containerSecurityContext" . | nindent 12 }}
          volumeMounts:
            {{- include "quittance.mounts" .root | nindent 12 }}
      volumes:
        {{- include "quittance.secrets" (dict "root" .root "service" .service "configMap" (printf "%s-hooks" (include "quittance.fullname" .root)) "isOwner" .isOwner "declaration" .declaration) | nindent 8 }}
      {{- with .root.Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}
