"""What a review folder holds, by the names its files go by in every message."""

SETTINGS = "data/review.toml"
DICTIONARY = "data/datapackage.json"
REFERENCES = "data/references.json"
TEMPLATES = "templates"
STATED = "data/stated.toml"
SCENARIOS = "data/scenarios.toml"
ARTICLE = "data/article"
