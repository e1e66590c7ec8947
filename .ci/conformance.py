"""Calls the embedded service with the vendor's SDK. The arguments are the file with the service's shell
lines, and the file to write the lists to."""

import json
import re
import sys
import traceback

from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_util.models import RuntimeOptions
from alibabacloud_ververica20220718 import models
from alibabacloud_ververica20220718.client import Client
from darabonba.exceptions import DaraException

lines = open(sys.argv[1], encoding="utf-8").read()
env = dict(re.findall(r'^export (\w+)="?([^"\n]*)"?$', lines, re.M))
sts = dict(re.findall(r"^# export (\w+)=(.*)$", lines, re.M))
ids = env["SAVEPEEK_IDS"].split()

KEY, SECRET, TOKEN = (
    "ALIBABA_CLOUD_" + name for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN")
)


def client(key=env[KEY], secret=env[SECRET], token=None):
    scheme, host = env["SAVEPEEK_ENDPOINT"].split("://")
    return Client(
        Config(
            access_key_id=key,
            access_key_secret=secret,
            security_token=token,
            protocol=scheme,
            endpoint=host,
        )
    )


def get(savepoint_id, by=None, workspace=env["SAVEPEEK_WORKSPACE"], namespace=env["SAVEPEEK_NAMESPACE"]):
    return (by or client()).get_savepoint_with_options(
        namespace, savepoint_id, models.GetSavepointHeaders(workspace=workspace), RuntimeOptions()
    )


def fails(code, status, *arguments, **named):
    """The call must fail at the gateway with this code and status."""
    try:
        answer = get(*arguments, **named)
    except DaraException as error:
        assert error.code == code, f"{error.code}: {error.message}"
        assert error.status_code == status, error.status_code
        assert error.request_id, "an error without a request ID"
        return error
    raise AssertionError(f"accepted: {answer}")


def state_or_planned_error(savepoint_id):
    """The state, or the code of an error that the story plans."""
    try:
        body = get(savepoint_id).body
    except DaraException as error:
        assert error.code in ("Throttling.User", "InternalError"), error
        return error.code
    if not body.success:
        assert body.error_code == "990301", body
        return body.error_code
    assert body.data.savepoint_id == savepoint_id, body
    return body.data.status.state


def every_field():
    answer = get("41b3abee-4764-47d2-8f0e-38d27804a2ff")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert answer.headers["date"].endswith(" GMT")
    assert answer.headers["x-acs-request-id"] == answer.body.request_id
    body, data = answer.body, answer.body.data
    assert body.success is True and body.http_code == 200 and body.error_code == '""', body
    assert data.deployment_id and data.job_id and data.savepoint_location.startswith("https://oss/")
    assert data.namespace == env["SAVEPEEK_NAMESPACE"]
    assert data.savepoint_origin == "USER_REQUEST"
    assert data.native_format is True and data.stop_with_drain_enabled is True
    assert data.description == "Job snapshot 1"
    assert data.status.state == "COMPLETED"
    assert data.status.failure.reason == "IO Exception"
    assert data.status.failure.failed_at < data.created_at < data.modified_at < 10**11


def text_of_every_kind():
    assert "🚀" in get("d23ca521-ff7b-4d72-bc3b-3eac890f48c8").body.data.description
    failure = get("f49e84d2-51dc-42d4-9add-a3e170e0fcbf").body.data.status.failure
    assert failure.reason.count("\n") > 60 and "Caused by: " in failure.reason


def every_id_of_the_story():
    seen = {state_or_planned_error(savepoint_id) for savepoint_id in ids}
    missing = {"STARTED", "COMPLETED", "FAILED", "PENDING_DELETION", "990301"} - seen
    assert len(ids) >= 10 and not missing, missing


def throttling():
    codes = [state_or_planned_error("c2cdeda6-170c-4428-9fca-7131c35f0676") for _ in range(2)]
    assert "Throttling.User" in codes, codes


def not_found(savepoint_id, **named):
    body = get(savepoint_id, **named).body
    assert body.success is False and body.error_code == "990301" and body.data is None, body


def connection_kept():
    one = client()
    assert all(get(ids[0], by=one).body.success for _ in range(20))


def temporary(**changed):
    return client(**{"key": sts[KEY], "secret": sts[SECRET], "token": sts[TOKEN], **changed})


def temporary_key():
    data = get(ids[0], by=temporary()).body.data
    assert data.savepoint_id == ids[0], data


def unknown_workspace():
    body = get(ids[0], workspace="ffffffffffffff").body
    assert body.success is False and body.error_code == "903021", body


def another_operation():
    try:
        client().delete_savepoint_with_options(
            env["SAVEPEEK_NAMESPACE"],
            ids[0],
            models.DeleteSavepointHeaders(workspace=env["SAVEPEEK_WORKSPACE"]),
            RuntimeOptions(),
        )
    except DaraException as error:
        assert error.code == "UnsupportedHTTPMethod" and error.status_code == 403, error
    else:
        raise AssertionError("the service deletes savepoints")


def pages(call, headers, request):
    """Every page of a list, as plain JSON."""
    read, index = [], 1
    while True:
        request.page_index, request.page_size = index, 100
        body = call(env["SAVEPEEK_NAMESPACE"], request, headers(workspace=env["SAVEPEEK_WORKSPACE"]), RuntimeOptions()).body
        assert body.success is True and body.page_index == index and body.page_size == 100, body
        read.append([item.to_map() for item in body.data])
        if index * 100 >= body.total_size:
            return read
        index += 1


def lists():
    """Reads all pages, to compare them with what our own client reads."""
    one = client()
    deployments = pages(
        one.list_deployments_with_options, models.ListDeploymentsHeaders, models.ListDeploymentsRequest()
    )
    savepoints = pages(
        one.list_savepoints_with_options, models.ListSavepointsHeaders, models.ListSavepointsRequest()
    )
    first = [one["deploymentId"] for page in deployments for one in page][:12]
    jobs = {
        deployment: pages(
            one.list_jobs_with_options,
            models.ListJobsHeaders,
            models.ListJobsRequest(deployment_id=deployment),
        )
        for deployment in first
    }
    assert len(deployments) > 20 and len(savepoints) > 50, (len(deployments), len(savepoints))
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        json.dump({"deployments": deployments, "savepoints": savepoints, "jobs": jobs}, out)


def one_of_each():
    one, namespace = client(), env["SAVEPEEK_NAMESPACE"]
    found = one.list_deployments_with_options(
        namespace,
        models.ListDeploymentsRequest(name="device-telemetry"),
        models.ListDeploymentsHeaders(workspace=env["SAVEPEEK_WORKSPACE"]),
        RuntimeOptions(),
    ).body
    assert found.total_size == 1 and found.page_size == 10, found
    deployment = one.get_deployment_with_options(
        namespace,
        found.data[0].deployment_id,
        models.GetDeploymentHeaders(workspace=env["SAVEPEEK_WORKSPACE"]),
        RuntimeOptions(),
    ).body.data
    assert deployment.to_map() == found.data[0].to_map() and deployment.job_summary.failed == 1
    (job,) = pages(
        one.list_jobs_with_options,
        models.ListJobsHeaders,
        models.ListJobsRequest(deployment_id=deployment.deployment_id),
    )[0]
    read = one.get_job_with_options(
        namespace,
        job["jobId"],
        models.GetJobHeaders(workspace=env["SAVEPEEK_WORKSPACE"]),
        RuntimeOptions(),
    ).body.data
    assert read.to_map() == job and read.status.failure.message.startswith("Recovery is suppressed")


def a_page_too_large():
    try:
        client().list_savepoints_with_options(
            env["SAVEPEEK_NAMESPACE"],
            models.ListSavepointsRequest(page_size=101),
            models.ListSavepointsHeaders(workspace=env["SAVEPEEK_WORKSPACE"]),
            RuntimeOptions(),
        )
    except DaraException as error:
        assert error.code == "InvalidPageSize" and error.status_code == 400, error
    else:
        raise AssertionError("a page of 101 was accepted")


cases = {
    "every field": every_field,
    "long and Chinese texts": text_of_every_kind,
    "every ID of the story": every_id_of_the_story,
    "throttled": throttling,
    "many calls of one client": connection_kept,
    "not found": lambda: not_found("00000000-0000-4000-8000-000000000000"),
    "another namespace": lambda: not_found(ids[0], namespace="项目空间 a"),
    "another workspace": unknown_workspace,
    "no workspace": lambda: fails("MissingWorkspace", 400, ids[0], workspace=None),
    "wrong secret": lambda: fails("SignatureDoesNotMatch", 400, ids[0], by=client(secret="wrong")),
    "unknown key": lambda: fails("InvalidAccessKeyId.NotFound", 404, ids[0], by=client(key="LTAI5tNOBODY")),
    "temporary key": temporary_key,
    "temporary key, wrong secret": lambda: fails(
        "SignatureDoesNotMatch", 400, ids[0], by=temporary(secret="wrong")
    ),
    "temporary key, broken token": lambda: fails(
        "InvalidSecurityToken.Malformed", 400, ids[0], by=temporary(token="broken")
    ),
    "token of another key": lambda: fails(
        "InvalidSecurityToken.MismatchWithAccessKey", 400, ids[0], by=client(token=sts[TOKEN])
    ),
    "temporary key, no token": lambda: fails(
        "MissingSecurityToken", 400, ids[0], by=client(key=sts[KEY], secret=sts[SECRET])
    ),
    "lists to their ends": lists,
    "one deployment and its job": one_of_each,
    "a page too large": a_page_too_large,
    "another operation": another_operation,
}
for odd in ("快照-1", "c/d/e", "a b", " edge ", "1+1~*%2F", "abc:start", "?a=b&c#d", "😀"):
    cases[f"odd ID {odd!r}"] = lambda odd=odd: not_found(odd)

failed = 0
for name, case in cases.items():
    try:
        case()
        print(f"ok      {name}")
    except Exception:
        failed += 1
        print(f"FAILED  {name}\n{traceback.format_exc()}")
print(f"{len(cases) - failed} passed, {failed} failed")
sys.exit(failed != 0)
