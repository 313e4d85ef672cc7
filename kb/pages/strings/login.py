"""What is said to people who log in."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "login_title": ("These notes are shared with a password.", "这些笔记凭密码共享。"),
    "login_password": ("Password", "密码"),
    "login_button": ("Log in", "登录"),
    "login_wrong": ("This is not the password.", "密码不对。"),
    "login_wait": (
        "Too many attempts. Try again in {minutes} min.",
        "尝试次数过多，请在 {minutes} 分钟后再试。",
    ),
    "login_provider": (
        "These notes are shared with people who log in.",
        "登录后才能查看这些笔记。",
    ),
    "login_stranger": (
        "You are logged in, but these notes are not shared with you. Ask whoever shares them.",
        "你已登录，但这些笔记没有与你共享。请联系共享笔记的人。",
    ),
    "login_again": ("You are logged out. Log in again to go on.", "你已退出登录，请重新登录。"),
    "logout": ("Log out", "退出登录"),
    "role_reader": ("reader", "读者"),
    "role_editor": ("editor", "编辑者"),
}
