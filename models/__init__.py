"""SQLModel tables, one noun a file. Importing this package registers every table."""

from models.api_key import ApiKey
from models.audit import AuditChain, AuditRow
from models.billing_entry import BillingEntry
from models.campaign import Campaign, CampaignCounters
from models.company import Company
from models.company_user import CompanyUser
from models.contract import Contract
from models.follow_up import FollowUpRow
from models.inbound_message import InboundMessageRow
from models.known_carrier import KnownCarrier
from models.lane import CompanyLane, NumberLane, NumberReference
from models.link import Link, LinkState
from models.mail import Mail
from models.message import Message, PendingStart
from models.operator import Operator, OperatorBackupCode, OperatorSession, OperatorTotpSecret
from models.opt_out import OptOut
from models.password_reset import PasswordReset
from models.rate_bucket import RateBucket
from models.receipt import Receipt
from models.recipient_upload import RecipientUpload, RecipientUploadRow
from models.recycling_check import RecyclingCheck
from models.second_factor import BackupCode, Passkey, TotpSecret
from models.sender_account import OfficialAccount, SmsAccount
from models.sign_in_place import OperatorSignInPlace, SignInPlace
from models.submit_attempt import SubmitAttempt, SubmitSegment
from models.user_session import UserSession

__all__ = [
    "ApiKey",
    "AuditChain",
    "AuditRow",
    "BackupCode",
    "BillingEntry",
    "Campaign",
    "CampaignCounters",
    "Company",
    "CompanyLane",
    "CompanyUser",
    "Contract",
    "FollowUpRow",
    "InboundMessageRow",
    "KnownCarrier",
    "Link",
    "LinkState",
    "Mail",
    "Message",
    "NumberLane",
    "NumberReference",
    "OfficialAccount",
    "Operator",
    "OperatorBackupCode",
    "OperatorSession",
    "OperatorSignInPlace",
    "OperatorTotpSecret",
    "OptOut",
    "Passkey",
    "PasswordReset",
    "PendingStart",
    "RateBucket",
    "Receipt",
    "RecipientUpload",
    "RecipientUploadRow",
    "RecyclingCheck",
    "SignInPlace",
    "SmsAccount",
    "SubmitAttempt",
    "SubmitSegment",
    "TotpSecret",
    "UserSession",
]
