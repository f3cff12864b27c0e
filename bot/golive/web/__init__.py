"""The doors of the service and its pages. A door verifies, keeps and answers; it decides nothing."""
