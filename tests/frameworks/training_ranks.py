"""What each rank of test_training_callbacks does."""
from ranks import rank_function


@rank_function
def train_on_ranks():
    """Trains one model on all ranks, each with a part of the data."""
    import torch
    import weightmark

    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(4, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with weightmark.training_run(steps=3) as run:
        for _ in range(3):
            loss = model(torch.ones(2, 4) * (1 + torch.distributed.get_rank())).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            run.step(loss=loss)
