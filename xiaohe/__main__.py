"""`python -m xiaohe` is the `xiaohe` command."""

from xiaohe.cli.main import main

if __name__ == "__main__":
    main()
