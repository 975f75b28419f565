class CommonParamsModel:
    path: str

class CpuParams:
    n_threads: int

class CommonAdapterLoraInfo:
    path: str
    scale: float

class CommonParams:
    model: CommonParamsModel
    hostnames: list[str]
    port: int
    api_keys: list[str]
    ui: bool
    endpoint_slots: bool
    n_batch: int
    n_ubatch: int
    n_parallel: int
    n_ctx: int
    cpuparams: CpuParams
    cpuparams_batch: CpuParams
    cache_ram_mib: int
    verbosity: int
    lora_adapters: list[CommonAdapterLoraInfo]

class Server:
    listening_address: str
    def __init__(self, params: CommonParams) -> None: ...
