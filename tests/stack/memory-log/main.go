// memory-log is a Trillian log server that keeps its logs in memory, so that no
// database is needed. It makes one log for each name among its arguments and
// writes their numbers to a file once it can be asked.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/google/trillian"
	"github.com/google/trillian/extension"
	sequencing "github.com/google/trillian/log"
	"github.com/google/trillian/monitoring"
	"github.com/google/trillian/quota"
	"github.com/google/trillian/server"
	"github.com/google/trillian/server/interceptor"
	"github.com/google/trillian/storage"
	"github.com/google/trillian/storage/memory"
	"github.com/google/trillian/util/clock"
	"github.com/google/trillian/util/election"
	"github.com/google/trillian/util/election2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"k8s.io/klog/v2"
)

// withoutDuplicates refuses a leaf that a log has already, as Trillian does with a
// database: Rekor v1 answers another way then.
type withoutDuplicates struct {
	storage.LogStorage
	mutex sync.Mutex
	known map[string]*trillian.LogLeaf
}

func (s *withoutDuplicates) QueueLeaves(ctx context.Context, tree *trillian.Tree, leaves []*trillian.LogLeaf, now time.Time) ([]*trillian.QueuedLogLeaf, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var results []*trillian.QueuedLogLeaf
	for _, leaf := range leaves {
		name := fmt.Sprintf("%d/%x", tree.TreeId, leaf.LeafIdentityHash)
		if earlier, found := s.known[name]; found {
			results = append(results, &trillian.QueuedLogLeaf{
				Leaf:   earlier,
				Status: status.New(codes.AlreadyExists, "the log has this leaf").Proto(),
			})
			continue
		}
		queued, err := s.LogStorage.QueueLeaves(ctx, tree, []*trillian.LogLeaf{leaf}, now)
		if err != nil {
			return nil, err
		}
		s.known[name] = leaf
		results = append(results, queued...)
	}
	return results, nil
}

func newRegistry() extension.Registry {
	metrics := monitoring.InertMetricFactory{}
	trees := memory.NewTreeStorage()
	return extension.Registry{
		AdminStorage:    memory.NewAdminStorage(trees),
		LogStorage:      &withoutDuplicates{LogStorage: memory.NewLogStorage(trees, metrics), known: map[string]*trillian.LogLeaf{}},
		QuotaManager:    quota.Noop(),
		ElectionFactory: election2.NoopFactory{},
		MetricFactory:   metrics,
	}
}

// createLog makes an empty log and returns its number.
func createLog(ctx context.Context, registry extension.Registry, logs trillian.TrillianLogServer, name string) (int64, error) {
	tree, err := storage.CreateTree(ctx, registry.AdminStorage, &trillian.Tree{
		TreeState:       trillian.TreeState_ACTIVE,
		TreeType:        trillian.TreeType_LOG,
		DisplayName:     name,
		MaxRootDuration: durationpb.New(time.Hour),
	})
	if err != nil {
		return 0, err
	}
	_, err = logs.InitLog(ctx, &trillian.InitLogRequest{LogId: tree.TreeId})
	return tree.TreeId, err
}

// createLogs makes the logs and writes a JSON object of their numbers by name.
func createLogs(ctx context.Context, registry extension.Registry, logs trillian.TrillianLogServer, names []string, file string) error {
	numbers := map[string]int64{}
	for _, name := range names {
		number, err := createLog(ctx, registry, logs, name)
		if err != nil {
			return fmt.Errorf("the log %s: %w", name, err)
		}
		numbers[name] = number
	}
	text, err := json.Marshal(numbers)
	if err != nil {
		return err
	}
	// Whole or not at all: who waits for the file reads it at once.
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// sequence puts what was queued into the logs, until the context ends.
func sequence(ctx context.Context, registry extension.Registry, interval time.Duration) {
	sequencing.NewOperationManager(sequencing.OperationInfo{
		Registry:       registry,
		BatchSize:      1000,
		NumWorkers:     2,
		RunInterval:    interval,
		TimeSource:     clock.System,
		ElectionConfig: election.RunnerConfig{TimeSource: clock.System},
	}, sequencing.NewSequencerManager(registry, 0)).OperationLoop(ctx)
}

func run(ctx context.Context, address, file string, interval time.Duration, names []string) error {
	registry := newRegistry()
	logs := server.NewTrillianLogRPCServer(registry, clock.System)
	interceptors := interceptor.New(registry.AdminStorage, registry.QuotaManager, false, registry.MetricFactory)
	rpc := grpc.NewServer(grpc.ChainUnaryInterceptor(interceptor.ErrorWrapper, interceptors.UnaryInterceptor))
	trillian.RegisterTrillianLogServer(rpc, logs)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	if err := createLogs(ctx, registry, logs, names, file); err != nil {
		return err
	}
	go sequence(ctx, registry, interval)
	go func() {
		<-ctx.Done()
		rpc.Stop()
	}()
	if err := rpc.Serve(listener); !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

func main() {
	address := flag.String("listen", "127.0.0.1:8090", "`address` to listen on")
	file := flag.String("numbers", "logs.json", "`file` for the numbers of the logs")
	interval := flag.Duration("interval", 100*time.Millisecond, "`time` between two sequencings")
	flag.Parse()
	// Otherwise it says at every sequencing that there was nothing to do.
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, *address, *file, *interval, flag.Args()); err != nil {
		log.Fatal(err)
	}
}
