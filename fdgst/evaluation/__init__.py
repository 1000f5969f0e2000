"""From models to predictions, from predictions to scores."""
