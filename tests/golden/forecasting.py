"""Writes what other forecasters reach on the series that recurra's forecaster is held to.

    python3 -m venv venv && venv/bin/pip install "gluonts[torch]==0.17.0" u8darts==0.41.0 statsforecast==2.1.1
    npm run build && node dist/bin/recurra.js data sales > sales.csv
    venv/bin/python tests/golden/forecasting.py ../shared/data/time-series sales.csv [NAME ...]

It writes forecasting.json beside itself: for every data set, program and seed the measures of rolling origins without
retraining. A forecast is 200 sample paths. MASE takes the median path against the seasonal naive error of the training
part; CRPS is the mean over points of 2/9 of the pinball losses at the quantiles 0.1, 0.2 ... 0.9; wQL is the same sum
divided by the sum of the absolute values. Times of torch depend on the machine; the numbers hold to a few parts in a
thousand.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
QUANTILES = np.arange(1, 10) / 10
PATHS = 200


def measures(actual, samples, scale):
    """actual [origins * series, horizon], samples [.., PATHS, horizon], scale [origins * series]"""
    quantiles = np.quantile(samples, QUANTILES, axis=1)
    error = actual[None] - quantiles
    q = QUANTILES[:, None, None]
    pinball = np.maximum(q * error, (q - 1) * error)
    median = quantiles[4]
    seen = ~np.isnan(actual)
    return {
        "mase": float(np.nanmean(np.abs(actual - median) / scale[:, None])),
        "crps": float(2 * np.nanmean(pinball)),
        "wql": float(2 * np.nansum(pinball.mean(axis=0)) / np.abs(actual[seen]).sum()),
        "coverage80": float(((actual >= quantiles[0]) & (actual <= quantiles[8]))[seen].mean()),
    }


class Data:
    """series: id -> pandas Series; covariates: id -> frame or None"""

    def __init__(self, name, series, freq, season, horizon, context, test_from, stride, covariates=None):
        self.name, self.series, self.freq, self.season = name, series, freq, season
        self.horizon, self.context, self.test_from = horizon, context, pd.Timestamp(test_from)
        self.covariates = covariates
        some = next(iter(series.values()))
        cut = some.index.get_loc(self.test_from)
        self.cut = cut
        self.origins = list(range(cut, len(some) - horizon + 1, stride))

    def scales(self):
        out = {}
        for key, values in self.series.items():
            train = values.values[: self.cut]
            out[key] = np.nanmean(np.abs(train[self.season :] - train[: -self.season]))
        return out

    def score(self, forecast):
        """forecast(origin) -> {id: samples [PATHS, horizon]}"""
        actual, samples, scale = [], [], []
        scales = self.scales()
        for origin in self.origins:
            paths = forecast(origin)
            for key, values in self.series.items():
                actual.append(values.values[origin : origin + self.horizon])
                samples.append(paths[key])
                scale.append(scales[key])
        return measures(np.array(actual), np.array(samples), np.array(scale))


def seasonal_naive(data):
    def forecast(origin):
        out = {}
        for key, values in data.series.items():
            past = values.values[:origin]
            h = np.arange(data.horizon)
            path = past[origin - data.season + h % data.season]
            out[key] = np.repeat(path[None], PATHS, axis=0)
        return out

    return data.score(forecast)


def auto_ets(data):
    from statsforecast.models import AutoETS
    from scipy.stats import norm

    def forecast(origin):
        out = {}
        for key, values in data.series.items():
            past = values.values[:origin].astype(float)
            past = past[-1500:]
            model = AutoETS(season_length=data.season if data.season <= 24 else 1)
            answer = model.forecast(past, h=data.horizon, level=[68.26894921])
            mean = answer["mean"]
            sigma = answer["hi-68.26894921"] - mean
            u = (np.arange(PATHS) + 0.5) / PATHS
            out[key] = mean[None] + norm.ppf(u)[:, None] * sigma[None]
        return out

    return data.score(forecast)


def gluonts_deepar(data, seed):
    import torch
    from gluonts.dataset.common import ListDataset
    from gluonts.torch import DeepAREstimator
    import lightning.pytorch as pl

    torch.set_num_threads(1)
    pl.seed_everything(seed)
    keys = list(data.series)

    def dataset(end, extra):
        rows = []
        for i, key in enumerate(keys):
            values = data.series[key]
            row = {"start": pd.Period(values.index[0], data.freq), "target": values.values[:end].astype(np.float32)}
            if data.covariates is not None:
                row["feat_dynamic_real"] = data.covariates[key].values[: end + extra].T.astype(np.float32)
                row["feat_static_cat"] = [i]
            rows.append(row)
        return ListDataset(rows, freq=data.freq)

    options = {}
    if data.covariates is not None:
        options = {
            "num_feat_dynamic_real": data.covariates[keys[0]].shape[1],
            "num_feat_static_cat": 1,
            "cardinality": [len(keys)],
        }
    estimator = DeepAREstimator(
        freq=data.freq,
        prediction_length=data.horizon,
        context_length=data.context,
        num_parallel_samples=PATHS,
        trainer_kwargs={"enable_progress_bar": False, "logger": False, "enable_checkpointing": True, "accelerator": "cpu"},
        **options,
    )
    predictor = estimator.train(dataset(data.cut, 0))

    def forecast(origin):
        torch.manual_seed(seed)
        answers = predictor.predict(dataset(origin, data.horizon))
        return {key: answer.samples for key, answer in zip(keys, answers)}

    return data.score(forecast)


def darts_rnn(data, seed):
    import torch
    from darts import TimeSeries, concatenate
    from darts.dataprocessing.transformers import Scaler
    from darts.models import RNNModel
    from darts.utils.likelihood_models import GaussianLikelihood

    torch.set_num_threads(1)
    keys = list(data.series)
    freq = {"D": "D", "M": "MS"}[data.freq]
    whole = {k: TimeSeries.from_times_and_values(pd.DatetimeIndex(data.series[k].index, freq=freq), data.series[k].values.astype(np.float32)) for k in keys}
    covariates = None
    if data.covariates is not None:
        covariates = [TimeSeries.from_times_and_values(pd.DatetimeIndex(data.series[k].index, freq=freq), data.covariates[k].values.astype(np.float32)) for k in keys]
    scaler = Scaler()
    train = scaler.fit_transform([whole[k][: data.cut] for k in keys])
    model = RNNModel(
        "LSTM",
        input_chunk_length=data.context,
        training_length=data.context + data.horizon,
        likelihood=GaussianLikelihood(),
        random_state=seed,
        pl_trainer_kwargs={"enable_progress_bar": False, "accelerator": "cpu", "logger": False},
    )
    limit = None if len(keys) == 1 else 20
    model.fit(train, future_covariates=covariates, max_samples_per_ts=limit)

    def forecast(origin):
        past = scaler.transform([whole[k][:origin] for k in keys])
        answers = model.predict(data.horizon, series=past, future_covariates=covariates, num_samples=PATHS)
        answers = scaler.inverse_transform(answers)
        return {k: answer.all_values()[:, 0, :].T for k, answer in zip(keys, answers)}

    return data.score(forecast)


def read(folder, sales):
    def single(file):
        frame = pd.read_csv(Path(folder) / file)
        index = pd.to_datetime(frame.iloc[:, 0])
        return pd.Series(pd.to_numeric(frame.iloc[:, 1], errors="coerce").values, index=index)

    daily = single("daily-min-temperatures.csv")
    daily = daily.reindex(pd.date_range(daily.index[0], daily.index[-1], freq="D")).interpolate()
    sunspots = single("monthly-sunspots.csv")
    air = single("airline-passengers.csv")
    sets = [
        Data("daily-min-temperatures", {"": daily}, "D", 7, 28, 56, "1990-01-01", 28),
        Data("monthly-sunspots", {"": sunspots}, "M", 12, 24, 48, "1964-01-01", 24),
        Data("airline-passengers", {"": air}, "M", 12, 24, 48, "1959-01-01", 24),
    ]
    if sales and Path(sales).exists():
        frame = pd.read_csv(sales, parse_dates=["date"])
        series, covariates = {}, {}
        for key, group in frame.groupby("shop"):
            group = group.set_index("date").sort_index()
            series[key] = group["units"].astype(float)
            covariates[key] = group[["promotion"]].astype(float)
        some = next(iter(series.values()))
        sets.append(Data("sales", series, "D", 7, 28, 56, some.index[-28 * 3], 28, covariates))
    return sets


def main():
    folder, sales, *names = sys.argv[1:]
    path = HERE / "forecasting.json"
    out = json.loads(path.read_text()) if path.exists() else {"programs": {}, "data": {}}
    import darts, gluonts, statsforecast, torch

    out["programs"] = {
        "gluonts": gluonts.__version__,
        "darts": darts.__version__,
        "statsforecast": statsforecast.__version__,
        "torch": torch.__version__,
    }
    for data in read(folder, sales):
        if names and data.name not in names:
            continue
        entry = {
            "season": data.season,
            "horizon": data.horizon,
            "context": data.context,
            "testFrom": str(data.test_from.date()),
            "origins": [str(next(iter(data.series.values())).index[o].date()) for o in data.origins],
            "seasonalNaive": seasonal_naive(data),
        }
        out["data"][data.name] = entry
        path.write_text(json.dumps(out, indent=1) + "\n")
        try:
            entry["autoETS"] = auto_ets(data)
        except Exception as error:  # a peer beside; its failure is told in the file
            entry["autoETS"] = {"failed": str(error)[:200]}
        path.write_text(json.dumps(out, indent=1) + "\n")
        for program in (gluonts_deepar, darts_rnn):
            runs = []
            for seed in (1, 2, 3):
                runs.append(program(data, seed))
                print(data.name, program.__name__, seed, runs[-1], flush=True)
            entry[program.__name__] = {"runs": runs, "mean": {k: float(np.mean([r[k] for r in runs])) for k in runs[0]}}
            path.write_text(json.dumps(out, indent=1) + "\n")


main()
