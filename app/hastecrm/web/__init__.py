"""The pages for people: server-rendered, no script at all; talks to the API like any other client."""
