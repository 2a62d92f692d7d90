"""LangChain's own standard tests of retrievers, sync and async."""

from collections.abc import Iterator
from typing import Any

import pytest
from documents import PAGES, write_pdf
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from polyglance import Library, PolyglanceRetriever, Settings


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("langchain")
    with Library(Settings(data=folder / "library", models=folder / "models")) as library:
        write_pdf(folder / "manual.pdf", PAGES.values())
        library.add(folder / "manual.pdf")
        yield library


@pytest.mark.filterwarnings("ignore:The test .* is marked with '@pytest.mark.asyncio'")
@pytest.mark.asyncio
class TestAsLangChainWantsIt(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _library(self, library: Library) -> None:
        self.library = library

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return PolyglanceRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"library": self.library}

    @property
    def retriever_query_example(self) -> str:
        return "How long is bread baked?"
