"""Meta-analysis arithmetic: pure functions on floats and arrays, each the formula of its paper.

Studies lie along the last axis; axes before it are independent analyses. What cannot be computed
raises ValueError with a sentence that says why; no function returns NaN.
"""
