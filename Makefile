# The few commands of this project; ./run and ./test need nothing but Python.
.POSIX:
.PHONY: run test test-web fix lock reference check-wheel bench accuracy damage cover campaign

PYTHON = .venv-test/bin/python
UV = uv
LOCK = "$(UV)" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

run:
	./run

test:
	./test

# The page in a real Chromium; needs chromium and chromedriver (Debian: chromium chromium-driver).
# Pictures of every page are left in tests/web/artefacts.
test-web:
	.ci/environment .venv-test requirements-test.lock
	"$(PYTHON)" -m pytest tests/web $(ARGS)

fix:
	.ci/environment .venv-test requirements-test.lock
	"$(PYTHON)" -m ruff check --fix .
	"$(PYTHON)" -m ruff format .

# Writes docs/reference.md from what --help, the schema and the tables of the code say.
reference:
	.ci/environment .venv-test requirements-test.lock
	PYTHONPATH=daemon "$(PYTHON)" -m dedupd.cli.reference > docs/reference.md.new
	mv docs/reference.md.new docs/reference.md

# Needs uv (https://docs.astral.sh/uv/); `make lock UV=/path/to/uv` where it is not on the PATH.
# Versions that the locks name are kept unless pyproject.toml forbids them; delete a lock to renew it.
lock:
	printf 'setuptools\nwheel\n' | $(LOCK) pyproject.toml - -o requirements.lock
	printf 'setuptools\nwheel\n' | $(LOCK) --extra test -c requirements.lock pyproject.toml - -o requirements-test.lock

check-wheel:
	.ci/check-wheel

# make bench BENCHMARKS=search; what a peer needs: pip install -r benchmarks/peers.txt
BENCHMARKS = status_start bursts first_scan first_verdict latency dhash_pass search scale idle cluster page peers
bench:
	.ci/environment .venv-test requirements-test.lock
	for one in $(BENCHMARKS); do "$(PYTHON)" -m benchmarks.$$one || exit 1; done

# make accuracy ARGS="--quick", or "--photos DIR --groups DIR" with pictures of your own.
accuracy:
	.ci/environment .venv-test requirements-test.lock
	"$(PYTHON)" -m accuracy $(ARGS)

# Damages a photograph in every format and way, and counts what would still vouch for the whole one.
damage:
	.ci/environment .venv-test requirements-test.lock
	"$(PYTHON)" -m accuracy.damage $(ARGS)

# Runs every test and prints each module of which they run too little; ARGS=--short: the fast ones.
cover:
	.ci/environment .venv-test requirements-test.lock
	"$(PYTHON)" -m campaign.covered $(ARGS)

# What takes longer than a test may, figure by figure; what is done already isn't done again.
#   make campaign ONLY=R7,R9 SEED=5     make campaign SHARE=0.1     make campaign SHORT=1 AGAIN=1
ONLY =
SEED = 1
SHARE = 1
SHORT =
AGAIN =
campaign:
	.ci/environment .venv-test requirements-test.lock
	"$(PYTHON)" -m campaign --only "$(ONLY)" --seed "$(SEED)" --share "$(SHARE)" \
		$(SHORT:1=--short) $(AGAIN:1=--again)
