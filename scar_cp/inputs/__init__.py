"""What users write: models, scenarios, packages, profiles, instances, cost tables."""
