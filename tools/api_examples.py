"""One example for each section of docs/reference/api.md; a unit test applies them all."""

from typing import Final

EXAMPLES: Final = {
    "images": """\
images:
  app: registry.example.com/app@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
  pullSecrets: [{name: registry}]
""",
    "api": """\
api:
  autoscaling: {minReplicas: 3, maxReplicas: 20}
  resources:
    requests: {cpu: '0.5', memory: 256Mi} # a fraction needs its quotes
    limits: {memory: 512Mi}
  env:
    - {name: HTTPS_PROXY, value: 'http://proxy.example.com:3128'}
  podTemplate:
    spec:
      nodeSelector: {kubernetes.io/arch: arm64}
worker: {replicas: 2} # web and worker take the same fields
""",
    "database": """\
database:
  managed:
    storage: {size: 50Gi, className: fast}
    parameters: {work_mem: 16MB}
  pool: {maxSize: 20, statementTimeout: 10s}
""",
    "redis": """\
redis:
  external:
    host: redis.example.com
    tls: true
    credentials: {secretName: crm-redis}
""",
    "access": """\
host: crm.example.com
access:
  ingress:
    className: nginx
    tls: {issuerRef: {name: letsencrypt}}
""",
    "auth": """\
auth:
  refreshTokenTTL: 14d
  oauth: [{name: google, secretName: crm-google}]
""",
    "mail": """\
host: crm.example.com
mail:
  host: smtp.example.com
  from: crm@example.com
  credentials: {secretName: crm-mail}
""",
    "security": """\
security:
  corsOrigins: ['https://portal.example.com']
  rateLimits: {api: 50r/s}
  egress: [{cidr: 203.0.113.0/24, port: 443}]
""",
    "credentials": """\
credentials: {rotateEvery: 90d}
""",
    "logging": """\
logging: {level: WARNING}
""",
    "monitoring": """\
monitoring: {podMonitor: true, alerts: true, dashboard: true}
""",
    "backup": """\
backup:
  schedule: '0 2 * * *'
  timeZone: Europe/Vienna
  destination:
    s3:
      endpoint: https://s3.eu-central-1.amazonaws.com
      bucket: crm-backups
      region: eu-central-1
      credentials: {secretName: crm-s3}
""",
    "release": """\
release:
  canary: {steps: [10, 50], pause: 5m}
  verify: {maxErrorRatio: 0.005}
""",
    "rollback": """\
rollback: {toRevision: 6}
""",
    "maintenanceWindows": """\
maintenanceWindows:
  - {days: [Sat, Sun], start: '02:00', end: '05:00', timeZone: Europe/Vienna}
""",
}
"""By field of the spec: what else than `version` to write, as YAML."""
