"""What a landed batch is held to depends on who delivered it."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.landed import _unfed
from orchestration.resources import House
from storage.intake import take_in

DAY = date(2022, 11, 30)
OF_ITS_OWN = (
    "ds,client_id,opened_at,status,investor_type,is_employee\n"
    f"{DAY},C1,2022-01-05T10:00:00+08:00,normal,ordinary,false\n"
)
MAPPED = (
    "customerID,customerType,riskLevel,investmentCapacity,lastQuestionnaireDate,timestamp\n"
    f"C2,Mass,Income,CAP_LT30K,2022-11-01,{DAY}\n"
)


@pytest.mark.parametrize(
    ("address", "rows", "may_be_empty"),
    [("broker.customers", OF_ITS_OWN, False), ("fartrans.customers", MAPPED, True)],
)
def test_a_field_may_be_empty_where_a_mapping_has_nothing_for_it(
    house: House, address: str, rows: str, may_be_empty: bool
) -> None:
    contract = house.contracts["broker.customers"]
    folder = house.home.landing / address.replace(".", "/") / DAY.isoformat()
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text(rows, encoding="utf-8")
    assert take_in(house.doors, contract, through=DAY).rows_loaded == 1
    unfed = _unfed(house, contract)
    assert ({"mobile", "id_number", "login_id"} <= unfed) is may_be_empty
    assert not {"customer_id", "risk_level"} & unfed
    assert bool(unfed) is may_be_empty
