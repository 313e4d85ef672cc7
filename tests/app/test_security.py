from __future__ import annotations

from kb.pages.security import security_headers


def test_policy_loads_nothing_from_elsewhere() -> None:
    policy = security_headers()["content-security-policy"]
    for rule in policy.split("; "):
        name, *sources = rule.split()
        assert not [each for each in sources if "://" in each or each == "*"], name


def test_policy_runs_no_inline_script_of_a_note() -> None:
    policy = security_headers()["content-security-policy"]
    (scripts,) = (rule for rule in policy.split("; ") if rule.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "'sha256-" in scripts
