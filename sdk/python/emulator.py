"""The emulator as a process, with HTTPS, an authority, and a client that has a secret."""

import json
import os
import pathlib
import ssl
import subprocess
import urllib.parse
import urllib.request

CLIENT = "11111111-1111-1111-1111-111111111111"
SECRET = "what only the client knows"
TENANT = "22222222-2222-2222-2222-222222222222"
SUBSCRIPTION = "33333333-3333-3333-3333-333333333333"
GROUP = "my-tm-rg"


class Emulator:
    """A running emulator. Everything is trusted through the certificate that it writes."""

    def __init__(self, directory: pathlib.Path):
        self.ca_file = str(directory / "ca.pem")
        self._process = subprocess.Popen(
            [
                os.environ["EDTM_BINARY"],
                "emulator",
                "--arm-listen=127.0.0.1:0",
                "--dns-listen=127.0.0.1:0",
                "--no-probes",
                "--tls",
                f"--tls-ca-file={self.ca_file}",
                "--require-token",
                f"--client={CLIENT}:{SECRET}",
                f"--resource-group={GROUP}",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        # The first line says where it listens, once it does.
        word, self.url = self._process.stdout.readline().split()
        assert word == "arm", word
        self.host = urllib.parse.urlsplit(self.url).netloc
        context = ssl.create_default_context(cafile=self.ca_file)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def control(self, method: str, path: str, body=None):
        """Calls the control API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/_emulator/{path}", data=data, method=method
        )
        with self._opener.open(request, timeout=30) as response:
            text = response.read()
        return json.loads(text) if text else None

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=30)
        self._process.stdout.close()
