"""The embedded example: the Département de l’Isère."""
