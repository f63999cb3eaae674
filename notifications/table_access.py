"""How an operator's command reaches the tables: with what the environment says, as the service does."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from azure.data.tables.aio import TableServiceClient
from azure.identity.aio import DefaultAzureCredential
from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from notifications.setting_values import Address, ConnectionString


class TableAccess(BaseSettings):
    """Where the tables are."""

    model_config = SettingsConfigDict(case_sensitive=True, extra="ignore", env_ignore_empty=True)

    connection: ConnectionString | None = Field(None, alias="DataStorage")
    tables: Address | None = Field(None, alias="DataStorage__tableServiceUri")

    @model_validator(mode="after")
    def _has_tables(self) -> Self:
        if not self.connection and not self.tables:
            raise ValueError("give one of the two")
        return self


def access_from_environment[T: TableAccess](access: type[T]) -> T | None:
    """What the environment says; None after naming on standard error, without its value, what is not usable."""
    try:
        return access()
    except ValidationError as error:
        names = sorted(str(each["loc"][0]) if each["loc"] else "DataStorage" for each in error.errors())
        sys.stderr.write(f"missing or malformed: {', '.join(names)}\n")
        return None


@asynccontextmanager
async def open_tables(access: TableAccess) -> AsyncIterator[TableServiceClient]:
    """The table service until the end of the block; without a connection string, as whom Azure's libraries find."""
    if access.connection:
        async with TableServiceClient.from_connection_string(access.connection.get_secret_value()) as service:
            yield service
        return
    async with (
        DefaultAzureCredential() as credential,
        TableServiceClient(access.tables or "", credential=credential) as service,
    ):
        yield service
