import httpx
import pytest
from schemathesis import GenerationMode

from tests.contract import broken_promises


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_answer_is_other_than_the_schema_says(server, mode):
    with server.client() as client:
        document = client.get("/api/schema/", params={"format": "json"}).json()
        rows = client.get("/api/images/").json()["results"]
        records = [row["id"] for row in rows]
        broken = broken_promises(document, records, mode, 10, address=server.address)
        assert not broken, "\n\n".join(broken)
        assert client.get("/readyz").status_code == httpx.codes.OK
    assert "Traceback" not in server.log.read_text()
