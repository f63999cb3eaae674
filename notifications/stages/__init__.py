"""The road of an order, one module a stage: accept, release, process, dispatch, report, publish, retain; and inquiries.

A stage takes values of the domain, asks the domain what to do, and lets storage commit it. It knows no HTTP and no
Azure.
"""
