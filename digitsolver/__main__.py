"""Let ``python -m digitsolver`` be the command ``digitsolver``."""

from digitsolver.cli import main

if __name__ == "__main__":
    main()
