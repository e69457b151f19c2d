"""``python -m assistant`` is ``policydesk``."""

from assistant.cli import main

if __name__ == "__main__":
    main()
