"""Makes the cluster match one HasteCRM object; knows no Kopf and no HTTP."""
