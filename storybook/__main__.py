"""`python -m storybook`."""

from storybook.cli import main

if __name__ == "__main__":
    main()
