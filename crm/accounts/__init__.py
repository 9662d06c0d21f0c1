"""People who sign in: roles, devices, one-time links, the organisation, the audit trail's page."""
