"""What the addresses of mailboxes promise beside those that all records have; `routes` keeps it."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import UUID_SCHEMA, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.contract import path_of
from hastecrm.features.mailboxes.domain import MAIL_ACCOUNT
from hastecrm.features.mailboxes.schemas import PasswordBody

PASSWORD: Final = Operation(
    "setMailAccountPassword",
    "PUT",
    f"{path_of(MAIL_ACCOUNT)}/{{id}}/password",
    "Store the password of a mail account and look into it at once; nobody is ever shown it",
    [Reply(204, "It is stored")],
    Right(Resource.MAIL_ACCOUNT, Verb.UPDATE),
    body=PasswordBody,
    parameters=[Parameter("id", "path", "The account's id.", UUID_SCHEMA)],
    codes=[Code.BIZ_NOT_FOUND],
)
OPERATIONS: Final = (PASSWORD,)
