"""Local, stateful stand-ins for GitHub and Slack that the real SDKs talk to. They know nothing of golive."""
