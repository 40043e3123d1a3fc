"""The objectives for XGBoost, LightGBM and CatBoost: they score as the built-in ones do, and learn where those stop."""

import copy
import doctest
import pickle
import tracemalloc

import numpy as np
import pytest
from libraries import library
from processes import run_python

from fastsig import logistic_loss_gradient_hessian, objectives, sigmoid
from fastsig.objectives import CatBoostLogistic, lightgbm_logistic, xgboost_logistic

ALL = (xgboost_logistic, lightgbm_logistic, CatBoostLogistic)
ROUNDS = 20
CLOSE = 2e-5
XGBOOST = {"objective": "binary:logistic", "base_score": 0.5, "nthread": 2}
LIGHTGBM = {"verbose": -1, "boost_from_average": False, "num_threads": 2, "deterministic": True}
CATBOOST = {
    "iterations": ROUNDS,
    "learning_rate": 0.3,
    "eval_metric": "Logloss",
    "leaf_estimation_iterations": 1,
    "leaf_estimation_backtracking": "No",
    "random_seed": 1,
    "thread_count": 2,
    "verbose": False,
    "allow_writing_files": False,
}
WEIGHTS = pytest.mark.parametrize("weighted", [False, True], ids=["no weights", "weights"])
POSITIVES = pytest.mark.parametrize("pos_weight", [1.0, 3.0])

# Two groups of rows that one split separates, and scores that are right by 40.
GROUPS = np.repeat([0.0, 1.0], 50)[:, np.newaxis]
LABELS = np.repeat(np.float32([0, 1]), 50)
RIGHT = np.where(LABELS, np.float32(40), np.float32(-40))


@pytest.fixture(scope="module")
def data():
    """Return the breast-cancer data, and weights."""
    x, y = library("sklearn.datasets").load_breast_cancer(return_X_y=True)
    return x, y, np.random.default_rng(1).uniform(0.5, 2, len(y)).astype(np.float32)


def apart(a, b):
    """Return how far two sets of scores are apart at the most, once it is known that they are not all alike."""
    assert np.ptp(a) > 1
    return np.abs(np.float64(a) - b).max()


def derivatives(objective, scores, labels, weights=None):
    """Return gradient and hessian of the loss that an objective has."""
    if isinstance(objective, CatBoostLogistic):
        return -objective.calc_ders_range(scores, labels, weights).T
    return objective(labels, scores, weights)


@pytest.mark.parametrize("make", ALL)
def test_derivatives_are_those_of_the_weighted_loss_of_smoothed_labels(make):
    x, t = np.linspace(-20, 20, 81), np.linspace(0, 1, 81)
    w = np.linspace(0, 3, 81)
    gradient, hessian = derivatives(make(3, 0.25), x, t, w)
    weight = w * (3 * t + 1 - t)
    expected = logistic_loss_gradient_hessian(x, 0.75 * t + 0.125)
    np.testing.assert_allclose(gradient, weight * expected[0], rtol=1e-6)
    np.testing.assert_allclose(hessian, weight * expected[1], rtol=1e-6)


@pytest.mark.parametrize("make", ALL)
def test_derivatives_do_not_end_where_the_sigmoid_is_rounded_to_1(make):
    gradient, hessian = derivatives(make(), np.array([40.0]), np.array([1.0]))
    np.testing.assert_allclose(gradient, -sigmoid(-40.0), rtol=1e-6)
    assert 4.2e-18 < hessian[0] <= 1.001e-14


@POSITIVES
@WEIGHTS
def test_xgboost_has_the_margins_of_its_own_objective(data, pos_weight, weighted):
    xgb = library("xgboost")
    x, y, w = data
    rows = xgb.DMatrix(x, y, weight=w if weighted else None)
    ours = xgb.train(XGBOOST, rows, ROUNDS, obj=xgboost_logistic(pos_weight))
    theirs = xgb.train({**XGBOOST, "scale_pos_weight": pos_weight}, rows, ROUNDS)
    assert apart(*(model.predict(rows, output_margin=True) for model in (ours, theirs))) < CLOSE


@WEIGHTS
def test_xgboosts_classifier_has_the_margins_of_its_own_objective(data, weighted):
    xgb = library("xgboost")
    x, y, w = data
    models = [
        xgb.XGBClassifier(n_estimators=ROUNDS, objective=objective, base_score=0.5, n_jobs=2)
        for objective in (xgboost_logistic(), "binary:logistic")
    ]
    models = [library("sklearn.base").clone(model).fit(x, y, sample_weight=w if weighted else None) for model in models]
    assert apart(*(model.predict(x, output_margin=True) for model in models)) < CLOSE
    ours, theirs = (model.predict_proba(x) for model in models)
    np.testing.assert_allclose(ours, theirs, atol=CLOSE)


@POSITIVES
@WEIGHTS
def test_lightgbm_has_the_scores_of_its_own_objective(data, pos_weight, weighted):
    lgb = library("lightgbm")
    x, y, w = data
    scores = [
        lgb.train({**LIGHTGBM, **params}, lgb.Dataset(x, y, weight=w if weighted else None), ROUNDS).predict(
            x, raw_score=True
        )
        for params in (
            {"objective": lightgbm_logistic(pos_weight)},
            {"objective": "binary", "scale_pos_weight": pos_weight},
        )
    ]
    assert apart(*scores) < CLOSE


@WEIGHTS
def test_lightgbms_classifier_has_the_scores_of_its_own_objective(data, weighted):
    lgb = library("lightgbm")
    x, y, w = data
    models = [
        library("sklearn.base").clone(lgb.LGBMClassifier(n_estimators=ROUNDS, objective=objective, **LIGHTGBM))
        for objective in (lightgbm_logistic(), "binary")
    ]
    scores = [m.fit(x, y, sample_weight=w if weighted else None).predict(x, raw_score=True) for m in models]
    assert apart(*scores) < CLOSE


def test_lightgbm_begins_at_the_average_by_init_score(data):
    lgb = library("lightgbm")
    x, y, _ = data
    start = np.full(len(y), np.log(y.mean() / (1 - y.mean())))
    ours = lgb.train({**LIGHTGBM, "objective": lightgbm_logistic()}, lgb.Dataset(x, y, init_score=start), ROUNDS)
    theirs = lgb.train({**LIGHTGBM, "objective": "binary", "boost_from_average": True}, lgb.Dataset(x, y), ROUNDS)
    assert apart(ours.predict(x) + start, theirs.predict(x, raw_score=True)) < CLOSE


@WEIGHTS
def test_catboost_has_the_scores_of_logloss(data, weighted, recwarn):
    catboost = library("catboost")
    x, y, w = data
    scores = [
        library("sklearn.base")
        .clone(catboost.CatBoostClassifier(loss_function=loss, **CATBOOST))
        .fit(x, y, sample_weight=w if weighted else None)
        .predict(x, prediction_type="RawFormulaVal")
        for loss in (CatBoostLogistic(), "Logloss")
    ]
    assert apart(*scores) < 1e-9
    assert not recwarn.list  # of Numba, which CatBoost would compile the objective with


@pytest.mark.parametrize("label", [0, 1])
def test_xgboost_takes_the_newton_step_where_its_own_gradient_or_its_own_hessian_ends(label):
    xgb = library("xgboost")
    score = np.float32(40 if label else -40)
    rows = xgb.DMatrix(np.zeros((50, 1)), np.full(50, label), base_margin=np.full(50, score))
    params = {**XGBOOST, "eta": 1, "lambda": 0, "min_child_weight": 0}
    steps = [
        xgb.train(params, rows, 1, obj=objective).predict(rows, output_margin=True)[0] - score
        for objective in (xgboost_logistic(), None)
    ]
    assert abs(steps[0]) == pytest.approx(1)
    assert abs(steps[1]) < 0.05


@pytest.mark.parametrize("scale", [1, 3])
def test_lightgbm_learns_where_scores_are_wrong_by_40_and_its_own_hessian_is_0(scale):
    lgb = library("lightgbm")
    params = {**LIGHTGBM, "learning_rate": 1, "lambda_l2": 1, "min_sum_hessian_in_leaf": 0, "min_data_in_leaf": 1}
    steps = [
        lgb.train({**params, "objective": o}, lgb.Dataset(GROUPS, LABELS, init_score=-scale * RIGHT), 1)
        for o in (lightgbm_logistic(), "binary")
    ]
    steps = [model.predict(GROUPS, raw_score=True)[[0, -1]] for model in steps]
    np.testing.assert_allclose(steps[0], [-50, 50], rtol=1e-6)
    assert not steps[1].any()


def test_catboost_takes_the_newton_step_where_the_derivatives_of_logloss_end():
    catboost = library("catboost")
    rows = catboost.Pool(GROUPS, LABELS, baseline=RIGHT)
    params = {**CATBOOST, "iterations": 1, "learning_rate": 1, "l2_leaf_reg": 0, "bootstrap_type": "No"}
    params |= {"random_strength": 0, "leaf_estimation_method": "Newton"}
    steps = [
        catboost.CatBoostClassifier(loss_function=loss, **params).fit(rows).predict(GROUPS, "RawFormulaVal")[[0, -1]]
        for loss in (CatBoostLogistic(), "Logloss")
    ]
    np.testing.assert_allclose(steps[0], [-1, 1], rtol=1e-3)
    assert not steps[1].any()


def test_xgboost_steps_from_scores_whose_hessian_float32_cannot_hold():
    gradient, hessian = xgboost_logistic()(np.float32([0, 1]), np.float32([200, -200]))
    assert gradient.tolist() == [1, -1]
    assert np.all(hessian > 0)


def test_float32_is_neither_converted_nor_copied():
    n = 1_000_000
    x, t, w = np.linspace(-20, 20, n, dtype=np.float32), np.ones(n, np.float32), np.ones(n, np.float32)
    objective = xgboost_logistic()
    tracemalloc.start()
    try:
        gradient, hessian = objective(t, x, w)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert gradient.dtype == hessian.dtype == np.float32
    assert peak < 8 * n + 100_000  # the results, of 4 bytes each


@pytest.mark.parametrize("make", ALL)
def test_objectives_are_pickled_copied_and_compared(make):
    objective = make(2, label_smoothing=0.5)
    for other in (pickle.loads(pickle.dumps(objective)), copy.deepcopy(objective)):
        assert other == objective != make()
        assert hash(other) == hash(objective)
        assert repr(other).endswith("Logistic(pos_weight=2.0, label_smoothing=0.5)")


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"pos_weight": 0}, ValueError, "pos_weight must be finite and above 0, not 0.0"),
        ({"pos_weight": np.inf}, ValueError, "pos_weight must be finite and above 0, not inf"),
        ({"pos_weight": np.nan}, ValueError, "pos_weight must be finite and above 0, not nan"),
        ({"pos_weight": "heavy"}, TypeError, "pos_weight must be a number, not 'heavy'"),
        ({"label_smoothing": 1}, ValueError, "label_smoothing must be at least 0 and below 1, not 1.0"),
        ({"label_smoothing": -0.1}, ValueError, "label_smoothing must be at least 0 and below 1, not -0.1"),
        ({"label_smoothing": None}, TypeError, "label_smoothing must be a number, not None"),
    ],
)
def test_parameters_are_checked(make, kwargs, error, message):
    with pytest.raises(error, match=message):
        make(**kwargs)


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("labels", [[-1, 1], [0, 2], [0, np.nan]])
def test_labels_beyond_0_and_1_are_refused(make, labels):
    with pytest.raises(ValueError, match=r"labels must be 0 or 1, or between; .* by \(t \+ 1\)/2"):
        derivatives(make(), np.zeros(2), np.array(labels, np.float32))


@pytest.mark.parametrize("make", ALL)
def test_scores_of_many_classes_are_refused(make):
    with pytest.raises(ValueError, match=r"one score for each label, not \(2, 3\) for \(2,\)"):
        derivatives(make(), np.zeros((2, 3)), np.zeros(2))


def test_boosters_pass_on_what_is_said_of_labels():
    xgb, lgb, catboost = map(library, ("xgboost", "lightgbm", "catboost"))
    labels, message = 2 * LABELS - 1, "labels must be 0 or 1, or between"
    with pytest.raises(ValueError, match=message):
        xgb.train({}, xgb.DMatrix(GROUPS, labels), 1, obj=xgboost_logistic())
    with pytest.raises(ValueError, match=message):
        lgb.train({**LIGHTGBM, "objective": lightgbm_logistic()}, lgb.Dataset(GROUPS, labels), 1)
    with pytest.raises(catboost.CatBoostError, match=message):
        catboost.CatBoostRegressor(loss_function=CatBoostLogistic(), **CATBOOST | {"eval_metric": "RMSE"}).fit(
            GROUPS, labels
        )


IMPORTS = """
import sys
import fastsig
assert "objectives" in dir(fastsig)
assert "fastsig.objectives" not in sys.modules
before = set(sys.modules)
fastsig.objectives.CatBoostLogistic(), fastsig.objectives.xgboost_logistic(), fastsig.objectives.lightgbm_logistic()
print({name.partition(".")[0] for name in set(sys.modules) - before} & {"xgboost", "lightgbm", "catboost", "sklearn"})
"""


def test_no_booster_is_imported_and_the_module_when_it_is_first_named():
    done = run_python("-c", IMPORTS, text=True, check=False)
    assert done.stdout == "set()\n", done.stderr


def test_docstrings_run():
    results = doctest.testmod(objectives)
    assert results.attempted >= 9
    assert results.failed == 0
