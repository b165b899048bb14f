{{/* The configuration of a service as TOML. */}}

{{/* Values as TOML: first scalars and lists, then the tables. Parameters: table, path. */}}
{{- define "quittance.toml" -}}
{{- $path := .path -}}
{{- range $name, $value := .table }}
{{- $key := ternary $name (toRawJson $name) (regexMatch "^[A-Za-z0-9_-]+$" $name) }}
{{- if kindIs "map" $value }}
{{- if and (hasKey $value "file") (eq (len $value) 1) }}
{{ $key }} = { file = {{ toRawJson $value.file }} }
{{- end }}
{{- else if not (kindIs "invalid" $value) }}
{{ $key }} = {{ toRawJson $value }}
{{- end }}
{{- end }}
{{- range $name, $value := .table }}
{{- if and (kindIs "map" $value) (not (and (hasKey $value "file") (eq (len $value) 1))) $value }}
{{- $key := ternary $name (toRawJson $name) (regexMatch "^[A-Za-z0-9_-]+$" $name) }}
{{- $place := append $path $key }}

[{{ join "." $place }}]
{{- include "quittance.toml" (dict "table" $value "path" $place) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The settings of a service. Parameters: root, service. */}}
{{- define "quittance.config" -}}
{{- $values := .root.Values -}}
{{- $own := index $values.services .service | default dict -}}
{{- /* Ports, probes, the grace period and mounts depend on these. */ -}}
{{- range $name := list "listen" "health_listen" "drain_seconds" "service_key" "service_key_previous" -}}
{{- if or (hasKey $values.settings $name) (hasKey ($own.settings | default dict) $name) -}}
{{- fail (printf "settings.%s: the chart sets it, from drainSeconds, serviceKey or its ports" $name) -}}
{{- end -}}
{{- end -}}
{{- $kafka := dict
  "brokers" (required "kafka.brokers is required, for example broker-1:9093,broker-2:9093" $values.kafka.brokers)
  "prefix" $values.kafka.prefix
  "source" $values.kafka.source
  "formats" $values.kafka.formats
  "properties" (deepCopy $values.kafka.properties) -}}
{{- if $values.kafka.password.secretName -}}
{{- $_ := set $kafka.properties "sasl.password" (dict "file" "/etc/quittance/kafka/password") -}}
{{- end -}}
{{- if $values.kafka.ca.secretName -}}
{{- $_ := set $kafka.properties "ssl.ca.location" "/etc/quittance/kafka/ca.crt" -}}
{{- end -}}
{{- $database := dict
  "app" (dict "file" "/etc/quittance/database/app")
  "system" (dict "file" "/etc/quittance/database/system")
  "connections" $values.databases.connections -}}
{{- $settings := dict
  "listen" "0.0.0.0:7400"
  "health_listen" "0.0.0.0:7401"
  "drain_seconds" $values.drainSeconds
  "keys" (default "/etc/quittance/jwks.json" $values.keys.url)
  "service_key" "/etc/quittance/service-key"
  "database" $database
  "kafka" $kafka -}}
{{- if $values.serviceKey.previousKey -}}
{{- $_ := set $settings "service_key_previous" "/etc/quittance/service-key-previous" -}}
{{- end -}}
{{- if $values.tls.enabled -}}
{{- $tls := dict "certificate" "/etc/quittance/tls/tls.crt" "key" "/etc/quittance/tls/tls.key" "ca" "/etc/quittance/tls/ca.crt" -}}
{{- if $values.tls.mutual -}}
{{- $_ := set $tls "client_ca" "/etc/quittance/tls/ca.crt" -}}
{{- end -}}
{{- $_ := set $settings "tls" $tls -}}
{{- $_ := set $settings "require_tls" true -}}
{{- end -}}
{{- if eq .service "payments" -}}
{{- $invoicing := printf "%s://%s-invoicing:7400" (ternary "https" "http" $values.tls.enabled) (include "quittance.fullname" .root) -}}
{{- $_ := set $settings "peers" (dict "invoicing" $invoicing) -}}
{{- end -}}
{{- $telemetry := dict -}}
{{- if $values.monitoring.enabled -}}
{{- $_ := set $telemetry "metrics_listen" "0.0.0.0:9464" -}}
{{- end -}}
{{- if $values.monitoring.otlp -}}
{{- $_ := set $telemetry "otlp" $values.monitoring.otlp -}}
{{- end -}}
{{- $_ := set $settings "telemetry" $telemetry -}}
{{- $settings = mergeOverwrite $settings (deepCopy $values.settings) (deepCopy ($own.settings | default dict)) -}}
{{- include "quittance.toml" (dict "table" $settings "path" list) | trim -}}
{{- end -}}
