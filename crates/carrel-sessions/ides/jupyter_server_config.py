"""Lets the agent in front of a Jupyter server say who is there.

A token would do that too, but jupyter_server takes a request with a token for one that no browser made, and skips its
checks of XSRF and Origin; it also writes the token into the page. Here the agent proves itself by a header that only it
can set, and both checks stay on for what the browser sends.

The agent puts this file into the run's own folder and names the folder in JUPYTER_CONFIG_PATH. Jupyter reads it beside
the user's own configuration.
"""

import hmac
import os

from jupyter_core.paths import jupyter_runtime_dir
from jupyter_server.auth import IdentityProvider, User

SECRET_FILE = "CARREL_SECRET_FILE"
SECRET_HEADER = "X-Carrel-Secret"
USER_HEADER = "X-Carrel-User"
LONGEST_SOCKET_PATH = 107


class CarrelIdentityProvider(IdentityProvider):
    """Whoever comes through the agent is the user whom the agent names; nobody else is anybody."""

    token = ""  # the page holds none and websockets carry none
    need_token = False
    auth_enabled = True
    login_available = False
    logout_available = False

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # Taken out of the environment, so that a Jupyter server somebody starts in a terminal is an ordinary one.
        with open(os.environ.pop(SECRET_FILE), encoding="utf-8") as file:
            self._secret = file.read().strip().encode()
        if not self._secret:
            raise ValueError("the file with the secret of this session is empty")

    def get_user(self, handler):
        """The user named by the agent, or None for whoever did not come through it."""
        headers = handler.request.headers
        # Compared as bytes and in constant time; a header twice is joined by a comma and so fits nothing.
        if not hmac.compare_digest(headers.get(SECRET_HEADER, "").encode(), self._secret):
            return None
        name = headers.get(USER_HEADER, "user")
        return User(username=name, name=name, display_name=name, initials=name[:1].upper())

    def is_token_authenticated(self, handler):
        """Never: the header comes with everything that a browser sends, so it says nothing against forgery."""
        return False

    def validate_security(self, app, ssl_options=None):
        """No warning that there is no password: the socket and the header stand in for it."""


if SECRET_FILE in os.environ:
    c = get_config()  # noqa: F821, Jupyter's loader defines it
    c.ServerApp.identity_provider_class = CarrelIdentityProvider
    # Kernels speak over sockets in a folder that is the user's alone. Where its path is too long for that, they speak over
    # loopback, where each message is signed with the kernel's key.
    socket = os.path.join(jupyter_runtime_dir(), "kernel-00000000-0000-0000-0000-000000000000-ipc-9")
    c.KernelManager.transport = "ipc" if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH else "tcp"
