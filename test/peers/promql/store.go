package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"sort"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// Series in memory, as the engine asks for them.
type store struct{ series map[uint64]*series }

type series struct {
	labels  labels.Labels
	samples []chunks.Sample
}

func newStore() *store { return &store{series: map[uint64]*series{}} }

func (s *store) add(of labels.Labels, atMs int64, value float64) {
	key := of.Hash()
	if s.series[key] == nil {
		s.series[key] = &series{labels: of}
	}
	s.series[key].samples = append(s.series[key].samples, sample{atMs, value})
}

func (s *store) names() []string {
	names := []string{}
	for _, each := range s.series {
		names = append(names, each.labels.Get(labels.MetricName))
	}
	sort.Strings(names)
	return slices.Compact(names)
}

// Labels of a result under the name and labels that a rule gives it.
func withLabels(of labels.Labels, name string, more map[string]string) labels.Labels {
	builder := labels.NewBuilder(of).Set(labels.MetricName, name)
	for label, value := range more {
		builder.Set(label, value)
	}
	return builder.Labels()
}

func storeOfScrapes(scrapes []scrape) (*store, time.Time, error) {
	out := newStore()
	end := time.Unix(0, 0)
	for _, each := range scrapes {
		at := time.Unix(each.At, 0)
		if at.After(end) {
			end = at
		}
		parse, err := textparse.New([]byte(each.Text), each.Type, labels.NewSymbolTable(), textparse.ParserOptions{})
		if err != nil {
			return nil, end, err
		}
		for {
			entry, err := parse.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, end, err
			}
			if entry != textparse.EntrySeries {
				continue
			}
			var own labels.Labels
			parse.Labels(&own)
			_, _, value := parse.Series()
			out.add(withLabels(own, own.Get(labels.MetricName), each.Labels), at.UnixMilli(), value)
		}
	}
	return out, end, nil
}

func storeOfSeries(descriptions []string) (*store, error) {
	out := newStore()
	for _, text := range descriptions {
		own, values, err := language.ParseSeriesDesc(text)
		if err != nil {
			return nil, err
		}
		for minute, value := range values {
			if !value.Omitted {
				out.add(own, int64(minute)*60_000, value.Value)
			}
		}
	}
	return out, nil
}

func (s *store) Querier(mint, maxt int64) (storage.Querier, error) {
	return &querier{of: s, mint: mint, maxt: maxt}, nil
}

type querier struct {
	of         *store
	mint, maxt int64
}

func (q *querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	var found []storage.Series
	for _, each := range q.of.series {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(each.labels.Get(m.Name)) }) {
			found = append(found, storage.NewListSeries(each.labels, q.within(each.samples)))
		}
	}
	slices.SortFunc(found, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return &seriesSet{found: found, at: -1}
}

func (q *querier) within(samples []chunks.Sample) []chunks.Sample {
	from := sort.Search(len(samples), func(i int) bool { return samples[i].T() >= q.mint })
	to := sort.Search(len(samples), func(i int) bool { return samples[i].T() > q.maxt })
	return samples[from:to]
}

func (*querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (*querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (*querier) Close() error { return nil }

type seriesSet struct {
	found []storage.Series
	at    int
}

func (s *seriesSet) Next() bool                      { s.at++; return s.at < len(s.found) }
func (s *seriesSet) At() storage.Series              { return s.found[s.at] }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

type sample struct {
	at    int64
	value float64
}

func (s sample) T() int64                    { return s.at }
func (sample) ST() int64                     { return 0 }
func (s sample) F() float64                  { return s.value }
func (sample) H() *histogram.Histogram       { return nil }
func (sample) FH() *histogram.FloatHistogram { return nil }
func (sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample         { return s }
