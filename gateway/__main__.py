"""`python -m gateway` is `pointsman`."""

from gateway.cli.main import app

if __name__ == "__main__":
    app()
