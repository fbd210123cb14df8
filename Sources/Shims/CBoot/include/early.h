// Nothing to call: what early.c does happens before any Swift code runs.
#pragma once
