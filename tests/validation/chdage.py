"""Age and coronary heart disease of 100 people: Hosmer & Lemeshow, Applied Logistic Regression (2000), table 1.1."""

import numpy as np

_BY_AGE = {
    20: "0", 23: "0", 24: "0", 25: "01", 26: "00", 28: "00", 29: "0", 30: "000001", 32: "00", 33: "00", 34: "00100",
    35: "00", 36: "010", 37: "010", 38: "00", 39: "01", 40: "01", 41: "00", 42: "0001", 43: "001", 44: "0011", 45: "01",
    46: "01", 47: "001", 48: "011", 49: "001", 50: "01", 51: "0", 52: "01", 53: "11", 54: "1", 55: "011", 56: "111",
    57: "001111", 58: "011", 59: "11", 60: "01", 61: "1", 62: "11", 63: "1", 64: "01", 65: "1", 69: "1",
}  # fmt: skip
AGE = np.array([float(age) for age, ill in _BY_AGE.items() for _ in ill])
CHD = np.array([float(one) for ill in _BY_AGE.values() for one in ill])
