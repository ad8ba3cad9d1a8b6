"""The project of titiler: its COG endpoints and nothing else, no middleware."""

from fastapi import FastAPI
from titiler.core.errors import DEFAULT_STATUS_CODES, add_exception_handlers
from titiler.core.factory import TilerFactory

application = FastAPI()
application.include_router(TilerFactory(router_prefix="/cog").router, prefix="/cog")
add_exception_handlers(application, DEFAULT_STATUS_CODES)
