"""The route and the calendar of the itinerant exhibition."""
