"""What any process shows its operators: metrics, health, and HTTP for both."""
