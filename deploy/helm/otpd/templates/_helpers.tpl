{{- define "otpd.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "otpd.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "otpd.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "otpd.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "otpd.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "otpd.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "otpd.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{/* Whether state is in Redis; otherwise it is on the volume of the only replica. */}}
{{- define "otpd.hasRedis" -}}
{{- if .Values.redis.existingSecret -}}true{{- end -}}
{{- end -}}

{{/* Whether there may be more than one replica. */}}
{{- define "otpd.isReplicated" -}}
{{- if .Values.autoscaling.enabled -}}
{{- if gt (int .Values.autoscaling.minReplicas) 1 -}}true{{- end -}}
{{- else if gt (int .Values.replicaCount) 1 -}}true{{- end -}}
{{- end -}}

{{/* What the values must not be: each mistake with its remedy. */}}
{{- define "otpd.validate" -}}
{{- $redis := include "otpd.hasRedis" . -}}
{{- if and (not $redis) (not .Values.persistence.enabled) -}}
{{- fail "no store: set redis.existingSecret to the Secret with the URL of your Redis, or persistence.enabled=true and replicaCount=1 for SQLite on a volume" -}}
{{- end -}}
{{- if and $redis .Values.persistence.enabled -}}
{{- fail "two stores: set redis.existingSecret or persistence.enabled, not both" -}}
{{- end -}}
{{- if and $redis (not .Values.keys.existingSecret) -}}
{{- fail "no keys: with Redis all replicas need the same; set keys.existingSecret to a Secret with fingerprint-key and sealing-keys (the chart's README makes one)" -}}
{{- end -}}
{{- if and .Values.persistence.enabled (or .Values.autoscaling.enabled (ne (int .Values.replicaCount) 1)) -}}
{{- fail "SQLite is for a single replica: set replicaCount=1 and autoscaling.enabled=false, or use Redis" -}}
{{- end -}}
{{- if and (not .Values.tls.existingSecret) (not .Values.tls.insecure) -}}
{{- fail "no TLS: set tls.existingSecret to a Secret of type kubernetes.io/tls, or tls.insecure=true where a mesh encrypts between pods" -}}
{{- end -}}
{{- if and .Values.tls.existingSecret .Values.tls.insecure -}}
{{- fail "TLS and no TLS: set tls.existingSecret or tls.insecure, not both" -}}
{{- end -}}
{{- if and .Values.tls.clientCa.existingSecret (not .Values.tls.existingSecret) -}}
{{- fail "tls.clientCa needs tls.existingSecret" -}}
{{- end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) -}}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas" -}}
{{- end -}}
{{- end -}}

{{/* host:port to listen at; brackets around IPv6. Takes the root and the port. */}}
{{- define "otpd.listen" -}}
{{- $root := index . 0 -}}
{{- ternary "[::]" $root.Values.listenHost (eq $root.Values.listenHost "::") -}}:{{ index . 1 }}
{{- end -}}
